//! [`OneCase`]: what takes part in one case only, and is one function.

use crate::cases::Case;
use crate::contestant::{Contestant, Load, Role, Sample, Trouble};

/// A contestant for one case.
#[derive(Clone, Copy, Debug)]
pub struct OneCase {
    /// The name in the tables and on the command line.
    pub name: &'static str,
    /// The crate whose version is shown; none if it is the system that does it.
    pub made_with: Option<&'static str>,
    /// What it is there for.
    pub role: Role,
    /// The case.
    pub case: Case,
    /// Does one repetition.
    pub run: fn(&Load) -> Result<Sample, Trouble>,
}

impl Contestant for OneCase {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> String {
        self.made_with.map_or("of the system", crate::versions::of).to_owned()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn takes_part(&self, case: Case) -> bool {
        case == self.case
    }

    fn run(&self, _: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        (self.run)(load).map(Some)
    }
}

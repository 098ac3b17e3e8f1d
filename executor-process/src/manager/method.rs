//! Functions that are called in the manager's process: how they are named in a request, and what calls
//! them there.
//!
//! A request has two addresses in the image, the same in every process of the program: the user's
//! function, and a *trampoline*, a copy of one of the functions below for the types in question, which
//! knows how to decode the argument, what kind of object to expect, and how to encode the result.

use super::error::ManagerError;
use super::mailbox::Address;
use super::objects::{self, Entry};
use super::proxy::Proxy;
use crate::bootstrap::image::{Image, address};
use executor_core::Portable;
use executor_core::wire::{Attached, Output, Ran, run};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What runs in the server, given the function's address. An error means that nothing was run.
type Trampoline = unsafe fn(*const (), Call<'_, '_>) -> Result<Ran, String>;

/// What a function is called with.
struct Call<'a, 'o> {
    /// The number of the object.
    object: u64,
    /// The encoded argument.
    input: &'a [u8],
    /// What came beside it.
    beside: Attached,
    /// The place for the outcome.
    output: &'a mut Output<'o>,
}

impl Call<'_, '_> {
    fn make<A: Portable, R: Portable>(self, function: impl FnOnce(A) -> R) -> Ran {
        run(function, self.input, self.beside, self.output)
    }
}

/// The request to call `function` on an object.
pub(super) fn call<T, A, R>(
    object: u64,
    function: fn(&mut T, A) -> R,
) -> Result<Address, ManagerError>
where
    T: Send + 'static,
    A: Portable,
    R: Portable,
{
    to_address(object, function as *const (), run_on::<T, A, R>)
}

/// The request to make an object.
pub(super) fn make<T, A>(function: fn(A) -> T) -> Result<Address, ManagerError>
where
    T: Send + 'static,
    A: Portable,
{
    to_address(0, function as *const (), run_and_keep::<T, A>)
}

fn to_address(
    object: u64,
    function: *const (),
    trampoline: Trampoline,
) -> Result<Address, ManagerError> {
    let image = Image::main();
    match (image.offset(function), image.offset(trampoline as *const ())) {
        (Some(function), Some(trampoline)) => Ok(Address { object, function, trampoline }),
        _ => Err(ManagerError::Refused(
            "the function is in a shared library; only functions of the program itself can be called \
             in a manager"
                .to_owned(),
        )),
    }
}

/// Makes a call that was asked for.
///
/// # Safety
///
/// The two addresses come from [`call`] or [`make`] in a process of the same program.
pub(super) unsafe fn perform(
    request: Address,
    input: &[u8],
    beside: Attached,
    output: &mut Output<'_>,
) -> Result<Ran, String> {
    let length = Image::main().len() as u64;
    if request.function >= length || request.trampoline >= length {
        return Err("a request for a function that is not in the program".to_owned());
    }
    let trampoline = address(request.trampoline);
    // SAFETY: the caller vouches for it: this is the address of a `Trampoline`.
    let trampoline = unsafe { std::mem::transmute::<*const (), Trampoline>(trampoline) };
    let call = Call { object: request.object, input, beside, output };
    // SAFETY: as above, and the function is the one it was made for.
    unsafe { trampoline(address(request.function), call) }
}

/// # Safety
///
/// `function` is the address of a `fn(&mut T, A) -> R`.
unsafe fn run_on<T, A, R>(function: *const (), call: Call<'_, '_>) -> Result<Ran, String>
where
    T: Send + 'static,
    A: Portable,
    R: Portable,
{
    // SAFETY: the caller vouches for the type.
    let function = unsafe { std::mem::transmute::<*const (), fn(&mut T, A) -> R>(function) };
    let entry = objects::find(call.object)?;
    // The argument is decoded before the object is locked: it may be a proxy for the same object.
    let on = |argument: A| entry.with(|object: &mut T| function(object, argument));
    entry.check::<T>()?;
    Ok(call.make(on))
}

/// # Safety
///
/// `function` is the address of a `fn(A) -> T`.
unsafe fn run_and_keep<T, A>(function: *const (), call: Call<'_, '_>) -> Result<Ran, String>
where
    T: Send + 'static,
    A: Portable,
{
    // SAFETY: the caller vouches for the type.
    let function = unsafe { std::mem::transmute::<*const (), fn(A) -> T>(function) };
    let keep =
        |argument: A| -> Result<Proxy<T>, String> { objects::keep(Entry::new(function(argument))) };
    Ok(call.make(keep))
}

/// A function that is part of an argument: what [`Proxy::update`] is given.
///
/// It never leaves this crate, so whoever decodes one knows that it was encoded with the same types.
pub(super) struct Update<V, A, R>(pub(super) fn(&mut V, A) -> R);

impl<V, A, R> Serialize for Update<V, A, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Image::main().offset(self.0 as *const ()) {
            Some(offset) => serializer.serialize_u64(offset),
            None => Err(S::Error::custom("the function is in a shared library")),
        }
    }
}

impl<'de, V, A, R> Deserialize<'de> for Update<V, A, R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let offset = u64::deserialize(deserializer)?;
        if offset >= Image::main().len() as u64 {
            return Err(D::Error::custom("a function that is not in the program"));
        }
        // SAFETY: it was encoded by a process of the same program, as a function of this type: the type
        // of the argument that it is part of is the same on both sides, since the same trampoline's
        // caller has encoded it.
        Ok(Self(unsafe { std::mem::transmute::<*const (), fn(&mut V, A) -> R>(address(offset)) }))
    }
}

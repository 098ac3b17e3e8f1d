//! The program's own image: where it lies, and which functions are in it.
//!
//! A function is told to a worker as its distance from the start of the image, which is the same in
//! every process that runs it, wherever the system has put it. That holds for the main program only: a
//! shared library may lie anywhere, and not be there at all in a worker. So functions outside of the
//! main image are refused.

use once_cell::sync::OnceCell;

/// Where the main image is in this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image {
    /// What offsets are counted from.
    base: usize,
    /// The first address behind it.
    end: usize,
}

impl Image {
    /// The main image of this process.
    pub(crate) fn main() -> Self {
        static MAIN: OnceCell<Image> = OnceCell::new();
        *MAIN.get_or_init(system::main_image)
    }

    /// How long it is.
    pub(crate) fn len(self) -> usize {
        self.end - self.base
    }

    /// The distance of a function from the start; `None` if it is somewhere else.
    #[inline]
    pub(crate) fn offset(self, function: *const ()) -> Option<u64> {
        let address = function.addr();
        (self.base <= address && address < self.end).then(|| (address - self.base) as u64)
    }
}

/// The function at this distance from the start of the image.
pub(crate) fn address(offset: u64) -> *const () {
    std::ptr::with_exposed_provenance(Image::main().base.wrapping_add(offset as usize))
}

#[cfg(all(unix, not(target_vendor = "apple")))]
mod system {
    use super::Image;
    use std::ffi::{c_int, c_void};

    pub(super) fn main_image() -> Image {
        let mut image = Image { base: 0, end: 0 };
        // SAFETY: `first` has the type asked for, and gets the pointer to `image`, which outlives it.
        unsafe { libc::dl_iterate_phdr(Some(first), (&raw mut image).cast()) };
        image
    }

    /// Called for each image, of which the main one is the first; ends the iteration there.
    unsafe extern "C" fn first(
        info: *mut libc::dl_phdr_info,
        _size: usize,
        image: *mut c_void,
    ) -> c_int {
        // SAFETY: the system passes valid information, and our own pointer.
        let (info, image) = unsafe { (&*info, &mut *image.cast::<Image>()) };
        // SAFETY: as the information says.
        let headers =
            unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        let loaded = headers.iter().filter(|header| header.p_type == libc::PT_LOAD);
        let start = info.dlpi_addr as usize;
        let end = loaded.map(|header| start + header.p_vaddr as usize + header.p_memsz as usize);
        *image = Image { base: start, end: end.max().unwrap_or(start) };
        1
    }
}

#[cfg(target_vendor = "apple")]
mod system {
    use super::Image;

    /// A Mach-O load command, and the part of a 64-bit segment command that is needed.
    #[repr(C)]
    struct Segment {
        command: u32,
        size: u32,
        name: [u8; 16],
        address: u64,
        length: u64,
        offset: u64,
    }

    const LC_SEGMENT_64: u32 = 0x19;

    unsafe extern "C" {
        fn _dyld_get_image_header(index: u32) -> *const [u32; 8];
    }

    pub(super) fn main_image() -> Image {
        // SAFETY: image 0 is the main program, which is always there.
        let header = unsafe { _dyld_get_image_header(0) };
        // SAFETY: a mach_header_64 is eight words; the fifth is the number of load commands.
        let commands = unsafe { (*header)[4] };
        let base = header.addr();
        let mut text = None;
        let mut end = base;
        // SAFETY: the load commands follow the header.
        let mut command = unsafe { header.add(1).cast::<Segment>() };
        for _ in 0..commands {
            // SAFETY: each command says how long it is; the kernel has checked them all.
            let (kind, size) = unsafe { ((*command).command, (*command).size) };
            if kind == LC_SEGMENT_64 {
                // SAFETY: this kind of command has these fields.
                let (name, address, length) =
                    unsafe { ((*command).name, (*command).address, (*command).length) };
                if name.starts_with(b"__TEXT\0") {
                    text = Some(address);
                }
                if let Some(text) = text {
                    end = end.max(base + (address - text + length) as usize);
                }
            }
            // SAFETY: as above.
            command = unsafe { command.byte_add(size as usize) };
        }
        Image { base, end }
    }
}

#[cfg(windows)]
mod system {
    use super::Image;
    use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;

    pub(super) fn main_image() -> Image {
        // SAFETY: without a name it gives the main program's handle, which is its address.
        let start = unsafe { GetModuleHandleW(std::ptr::null()) }.cast::<u8>().cast_const();
        // SAFETY: every loaded image starts with the header that its format prescribes: at 0x3c the
        // offset of the PE header, in which the length of the image is 80 bytes in.
        let len = unsafe {
            let header = start.add(0x3c).cast::<u32>().read_unaligned();
            start.add(header as usize + 80).cast::<u32>().read_unaligned()
        };
        Image { base: start.addr(), end: start.addr() + len as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_the_program() {}

    #[test]
    fn a_function_is_found_again() {
        let image = Image::main();
        for function in [of_the_program as *const (), Image::main as *const ()] {
            let offset = image.offset(function).unwrap();
            assert!(offset < image.len() as u64);
            assert_eq!(address(offset), function);
        }
    }

    #[test]
    fn what_is_elsewhere_has_no_offset() {
        let image = Image::main();
        let boxed = Box::new(1_u8);
        let local = 1_u8;
        for elsewhere in [&raw const *boxed, &raw const local, std::ptr::null()] {
            assert_eq!(image.offset(elsewhere.cast()), None);
        }
        assert_eq!(image.offset(std::ptr::without_provenance(image.end)), None);
        assert_eq!(image.offset(std::ptr::without_provenance(image.base)), Some(0));
    }

    #[cfg(all(unix, not(target_env = "musl")))]
    #[test]
    fn a_function_of_a_shared_library_has_no_offset() {
        // Asked of the library itself: a program may have an entry of its own that leads there.
        // SAFETY: the name ends with a zero.
        let function = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"getpid".as_ptr()) };
        assert!(!function.is_null());
        assert_eq!(Image::main().offset(function.cast_const().cast()), None);
    }
}

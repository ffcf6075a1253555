//! One value out of one of the kernel's files. What is not there, or is not what it should be, is absent.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// More than any file of sysfs holds (a page of 4 to 64 KiB): whatever a file is, no more of it is read.
const MOST: u64 = 64 << 10;

/// The text of a file without the white space around it; `None` if it cannot be read, is no text, or is empty.
pub(super) fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MOST).read_to_end(&mut bytes).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The whole number in a file.
pub(super) fn number<T: std::str::FromStr>(path: &Path) -> Option<T> {
    text(path)?.parse().ok()
}

/// The words in a file.
pub(super) fn words(path: &Path) -> Option<Vec<String>> {
    let text = text(path)?;
    Some(text.split_ascii_whitespace().map(str::to_owned).collect())
}

/// The folders and links in `folder` whose name is `prefix` and a number, by that number.
pub(super) fn numbered(folder: &Path, prefix: &str) -> Vec<(String, std::path::PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, String, std::path::PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let digits = name.strip_prefix(prefix)?;
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.parse().ok().filter(|_| plain)?;
            Some((number, name, entry.path()))
        })
        .collect();
    found.sort();
    found
        .into_iter()
        .map(|(_, name, path)| (name, path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_folders_come_in_the_order_of_their_numbers_and_others_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "policy10",
            "policy2",
            "policy",
            "policy+1",
            "policyx",
            "boost",
            "policy99999999999",
        ] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let names: Vec<String> = numbered(folder.path(), "policy")
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["policy2", "policy10"]);
    }

    #[test]
    fn a_file_without_end_a_folder_and_bytes_that_are_no_text_are_absent() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(text(folder.path()), None);
        assert_eq!(number::<u64>(Path::new("/dev/zero")), None);
        let file = folder.path().join("x");
        std::fs::write(&file, b"12\xff\n").unwrap();
        assert_eq!(number::<u64>(&file), None);
        std::fs::write(&file, b" 12\n").unwrap();
        assert_eq!(number::<u64>(&file), Some(12));
    }
}

//! What is in a package.

use super::Architecture::{self, Arm64, Armhf, Host};
use super::support::skipped;
use super::{dpkg_deb, said};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Every file, but for the pages of the subcommands. All belong to root.
const FILES: [&str; 27] = [
    "-rw-r--r-- ./etc/default/mqtt-thing",
    "-rwxr-xr-x ./usr/bin/mqtt-thing",
    "-rw-r--r-- ./usr/lib/modules-load.d/mqtt-thing.conf",
    "-rw-r--r-- ./usr/lib/systemd/system/mqtt-thing-runner.service",
    "-rw-r--r-- ./usr/lib/systemd/system/mqtt-thing.service",
    "-rw-r--r-- ./usr/lib/sysusers.d/mqtt-thing.conf",
    "-rw-r--r-- ./usr/lib/tmpfiles.d/mqtt-thing.conf",
    "-rw-r--r-- ./usr/lib/udev/rules.d/60-mqtt-thing.rules",
    "-rw-r--r-- ./usr/share/bash-completion/completions/mqtt-thing",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/README.md",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/changelog.Debian.gz",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/changelog.gz",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/copyright",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/docs/figures.md",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/docs/fleet.md",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/docs/security.md",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/examples/dimmer.toml",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/examples/every-key.toml",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/examples/governor.ini",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/examples/one-pi.toml",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/examples/pipelines/every-key.toml",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/examples/pipelines/three-frequencies.toml",
    "-rw-r--r-- ./usr/share/doc/mqtt-thing/examples/two-pis.toml",
    "-rw-r--r-- ./usr/share/fish/vendor_completions.d/mqtt-thing.fish",
    "-rw-r--r-- ./usr/share/lintian/overrides/mqtt-thing",
    "-rw-r--r-- ./usr/share/man/man1/mqtt-thing.1.gz",
    "-rw-r--r-- ./usr/share/zsh/vendor-completions/_mqtt-thing",
];

const PAGES: &str = "-rw-r--r-- ./usr/share/man/man1/mqtt-thing-";

#[test]
fn the_package_for_armhf_has_what_it_shall_have() {
    inspect(Armhf, "armhf");
}

#[test]
fn the_package_for_arm64_has_what_it_shall_have() {
    inspect(Arm64, "arm64");
}

fn inspect(architecture: Architecture, name: &str) {
    let Some(package) = architecture.package() else {
        return;
    };
    let listed = dpkg_deb("--contents", &package, &[]);
    let mut files = BTreeSet::new();
    let mut pages = 0;
    for line in listed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[1], "root/root", "{line}");
        let its = format!("{} {}", words[0], words[5]);
        if words[0].starts_with('d') {
            assert_eq!(words[0], "drwxr-xr-x", "{line}");
        } else if its.starts_with(PAGES) {
            pages += 1;
        } else {
            files.insert(its);
        }
    }
    let wanted: BTreeSet<String> = FILES.map(str::to_owned).into();
    let lacks: Vec<_> = wanted.difference(&files).collect();
    // documents may come; a program, a unit or a rule may not without a word here
    let more: Vec<_> = files
        .difference(&wanted)
        .filter(|file| !file.starts_with("-rw-r--r-- ./usr/share/doc/mqtt-thing/"))
        .collect();
    assert!(
        lacks.is_empty() && more.is_empty(),
        "lacks {lacks:?}, has {more:?}"
    );
    assert!(pages > 10, "{pages} pages");

    let field = |name: &str| dpkg_deb("--field", &package, &[name]).trim().to_owned();
    assert_eq!(field("Package"), "mqtt-thing");
    assert_eq!(field("Version"), format!("{}-1", env!("CARGO_PKG_VERSION")));
    assert_eq!(field("Architecture"), name);
    let depends = field("Depends");
    for part in [
        "libc6 (>= 2.",
        "libgcc-s1",
        "systemd (>= 250)",
        "init-system-helpers",
    ] {
        assert!(depends.contains(part), "{depends}");
    }
    let size: u32 = field("Installed-Size").parse().unwrap();
    assert!((3_000..8_000).contains(&size), "{size} KiB");
    let file = package.file_name().unwrap().to_str().unwrap();
    assert_eq!(
        file,
        format!("mqtt-thing_{}_{name}.deb", field("Version")),
        "apt wants it"
    );
    assert_eq!(
        dpkg_deb("--info", &package, &["conffiles"]).trim(),
        "/etc/default/mqtt-thing"
    );
}

#[test]
fn lintian_finds_nothing_to_say() {
    for architecture in [Armhf, Arm64, Host] {
        let Some(package) = architecture.package() else {
            continue;
        };
        let lintian = Command::new("lintian")
            .args(["--tag-display-limit", "0", "--allow-root"])
            .arg(&package)
            .output();
        let Ok(output) = lintian else {
            return skipped("lintian");
        };
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.trim().is_empty(),
            "{}: {said}{}",
            package.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_program_for_another_machine_is_not_packaged() {
    let folder = TempDir::new().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    let output = Command::new("deploy/package.sh")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["armv7", "--binary"])
        .arg(binary)
        .arg("--manual")
        .arg(binary)
        .arg("--output")
        .arg(folder.path())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    if error.contains("apt-get install") {
        return skipped("binutils and dpkg");
    }
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("not for armhf"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A package's files, unpacked.
pub(super) fn unpacked(package: &Path) -> TempDir {
    let folder = TempDir::new().unwrap();
    dpkg_deb("--extract", package, &[folder.path().to_str().unwrap()]);
    folder
}

#[test]
fn the_shells_understand_the_completions() {
    let Some(package) = Armhf.package() else {
        return;
    };
    let folder = unpacked(&package);
    let bash = folder
        .path()
        .join("usr/share/bash-completion/completions/mqtt-thing");
    // what bash offers behind `mqtt-thing p`
    let script = "source \"$0\"; COMP_WORDS=(mqtt-thing p); COMP_CWORD=1; _mqtt__thing mqtt-thing p mqtt-thing; \
                  echo ${COMPREPLY[*]}";
    let offers = said(Command::new("bash").args(["-c", script]).arg(bash));
    for name in ["probe", "policy"] {
        assert!(offers.split_whitespace().any(|its| its == name), "{offers}");
    }
    for (shell, place) in [
        ("zsh", "usr/share/zsh/vendor-completions/_mqtt-thing"),
        (
            "fish",
            "usr/share/fish/vendor_completions.d/mqtt-thing.fish",
        ),
    ] {
        let parsed = Command::new(shell)
            .arg("-n")
            .arg(folder.path().join(place))
            .status();
        match parsed {
            Ok(status) => assert!(status.success(), "{shell}"),
            Err(_) => println!("not asked: {shell} is not installed"),
        }
    }
}

#[test]
fn every_page_of_the_manual_is_well_formed_and_tells_nothing_of_the_machine_it_was_made_on() {
    let Some(package) = Armhf.package() else {
        return;
    };
    let folder = unpacked(&package);
    let pages = folder.path().join("usr/share/man/man1");
    for page in std::fs::read_dir(pages).unwrap() {
        let page = page.unwrap().path();
        let text = said(Command::new("gzip").args(["-dc"]).arg(&page));
        assert!(text.contains(".SH NAME"), "{}", page.display());
        let home = std::env::var("HOME").unwrap_or("/home/".into());
        assert!(!text.contains(&home), "{}", page.display());
        let Ok(shown) = Command::new("man")
            .args([
                "--warnings",
                "--encoding=UTF-8",
                "--local-file",
                "--pager=cat",
            ])
            .arg(&page)
            .env("LC_ALL", "C.UTF-8")
            .output()
        else {
            println!("not asked: man is not installed");
            continue;
        };
        let warned = String::from_utf8_lossy(&shown.stderr);
        assert!(
            shown.status.success() && warned.is_empty(),
            "{}: {warned}",
            page.display()
        );
    }
}

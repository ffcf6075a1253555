//! Why the arguments of a command do not fit an entry.

use std::fmt;

/// Why arguments do not fit an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Which argument, from 1. The lower of two entries' is the worse fit.
    pub argument: usize,
    pub(super) why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    Missing { allowed: String },
    OneMore { found: String },
    Other { found: String, allowed: String },
    Option { found: String, allowed: String },
    Leaves { found: String, allowed: String },
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.argument;
        match &self.why {
            Why::Missing { allowed } => {
                write!(f, "argument {number} is missing; allowed is `{allowed}`")
            }
            Why::OneMore { found } => write!(f, "argument {number} `{found}` is one too many"),
            Why::Other { found, allowed } => {
                write!(f, "argument {number} is `{found}`; allowed is `{allowed}`")
            }
            Why::Option { found, allowed } => write!(
                f,
                "argument {number} `{found}` would be an option, and `{allowed}` allows none"
            ),
            Why::Leaves { found, allowed } => write!(
                f,
                "argument {number} `{found}` holds `..`, which `{allowed}` does not stand for"
            ),
        }
    }
}

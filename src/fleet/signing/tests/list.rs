//! The list of trusted keys.

use super::*;

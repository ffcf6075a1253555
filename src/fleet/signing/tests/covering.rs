//! What the signed bytes cover.

use super::*;

//! Attacks on the policy of an executor, each another one; and `policy explain`, which always says what happens.

mod attacks;
mod explain;
mod machine;
mod shellish;
mod wordish;

//! The turn machine: Input in, Effects out. It decides and touches nothing.

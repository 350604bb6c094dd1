//! Decides what may be done, and says why: rules, modes, shell and path analysis. A function of its input.

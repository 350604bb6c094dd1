//! The two fronts that run an app: the terminal and headless.

//! Moments at which the user's commands run. No hook runs yet.

//! Tokens, models, prices: the arithmetic of what a session costs.

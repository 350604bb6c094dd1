//! What the model is told: segments, system text, cache breakpoints, the diagnosis of a broken cache.

//! Sessions on disk: the log, blobs, the list.

//! Servers of the Model Context Protocol. None is spoken to yet.

//! Model, Message, update, view: the whole face.

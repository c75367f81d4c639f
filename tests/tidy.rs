//! The rules of the house, as tests. They know the sources and the manifests as text and syntax, never what the code does.
//!
//! Every rule is a function from the tree to the list of places that break it, and has two tests: the tree breaks it nowhere,
//! and a planted offence is found.

#[cfg(test)]
mod tidy {
    mod arrows;
    mod examples;
    mod files;
    mod links;
    mod manifests;
    mod packages;
    mod reach;
    mod readme;
    mod secrets;
    mod syntax;
    mod tree;
    mod view;
}

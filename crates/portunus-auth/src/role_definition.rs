//! What a role says, in the words of whoever defines it: names, texts, and nothing checked yet. It knows nothing of stores.

use crate::fields::Fields;
use crate::resource::{Action, Resource};

/// The definition of a role. Defining one that exists alters it to this.
///
/// What no role grants may not be done; what any role of a caller denies may not be done either, whatever another one
/// grants. The order of privileges never matters. A privilege or a denial may have a rule, a text in the language of
/// [`portunus_predicate`]: a grant holds where it is exactly true, and a denial is lifted where it is exactly false.
///
/// ```
/// use portunus_auth::{Action, Fields, On, Privilege, Resource, Role};
/// let author = Role::new("author")
///     .member("users")
///     .member_when("guests", "identity.invited")
///     .allow("notes", Action::Create)
///     .allow_when("notes", Action::Read, "doc.owner == id(identity) || doc.public")
///     .allow_when("notes", Action::Write, "old.owner == id(identity) && new.owner == old.owner")
///     .deny("notes", Action::Delete)
///     .deny_when("notes", Action::Write, "old.locked")
///     .allow_every(Resource::Collection, Action::Read)
///     .allow_every_when(Resource::Key, Action::Read, r#"doc.role == "reader""#)
///     .deny_every(Resource::Document, Action::ListIds)
///     .deny_every_when(Resource::Document, Action::Write, "old.archived")
///     .allow_call("publish")
///     .allow_call_when("send", "args.amount < 100")
///     .deny_call("retract")
///     .deny_call_when("publish", "args.at < now")
///     .privilege(Privilege::new(On::Collection("users".into()), Action::Read).fields(Fields::only(["name"])))
///     .denial(Privilege::new(On::Collection("users".into()), Action::Read).when("doc.hidden"))
///     .inherit();
/// assert_eq!((author.name(), author.members().len(), author.is_inherited()), ("author", 2, true));
/// assert_eq!(author.privileges()[0].on, On::Collection("notes".into()));
/// assert_eq!(author.denials()[0].action, Action::Delete);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub(crate) name: String,
    pub(crate) privileges: Vec<Privilege>,
    pub(crate) denials: Vec<Privilege>,
    pub(crate) members: Vec<Membership>,
    pub(crate) inherit: bool,
}

/// One thing that a role grants or denies.
///
/// ```
/// use portunus_auth::{Action, Fields, On, Privilege};
/// let call = Privilege::new(On::Procedure("sign_up".into()), Action::Call);
/// assert_eq!((call.action.to_string().as_str(), call.when.as_deref()), ("call", None));
/// let titles = Privilege::new(On::Collection("notes".into()), Action::Read)
///     .when("doc.public")
///     .fields(Fields::only(["title"]));
/// assert_eq!(titles.when.as_deref(), Some("doc.public"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Privilege {
    /// What it is on.
    pub on: On,
    /// What may be done with that, or may not.
    pub action: Action,
    /// The rule under which it holds; without one it always does.
    pub when: Option<String>,
    /// The fields that it is for; without this it is for all of them. Only privileges to read, create or write documents can
    /// have it.
    pub fields: Option<Fields>,
}

/// What a privilege is on.
///
/// ```
/// use portunus_auth::{On, Resource};
/// assert_ne!(On::Collection("notes".into()), On::Every(Resource::Document));
/// assert_ne!(On::Procedure("notes".into()), On::Collection("notes".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// The documents of the collection of this name.
    Collection(String),
    /// Every thing of a kind.
    Every(Resource),
    /// The procedure of this name.
    Procedure(String),
}

/// A collection whose documents have a role.
///
/// ```
/// use portunus_auth::{Membership, Role};
/// let staff = Role::new("staff").member_when("users", "identity.employed");
/// let Membership { collection, when, .. } = &staff.members()[0];
/// assert_eq!((collection.as_str(), when.as_deref()), ("users", Some("identity.employed")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Membership {
    /// The name of the collection.
    pub collection: String,
    /// What must be true of a document; without this all of them are members.
    pub when: Option<String>,
}

impl Role {
    /// A role that grants nothing, and has no members.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { name, privileges: Vec::new(), denials: Vec::new(), members: Vec::new(), inherit: false }
    }

    /// Makes all documents of a collection members: whoever is one of them has the role.
    #[must_use]
    pub fn member(mut self, collection: impl Into<String>) -> Self {
        self.members.push(Membership { collection: collection.into(), when: None });
        self
    }

    /// Makes those documents of a collection members of which a rule about `identity` is true.
    #[must_use]
    pub fn member_when(mut self, collection: impl Into<String>, rule: impl Into<String>) -> Self {
        self.members.push(Membership { collection: collection.into(), when: Some(rule.into()) });
        self
    }

    /// Lets the role work in the databases below as well, on the collections that have the same names there.
    #[must_use]
    pub fn inherit(mut self) -> Self {
        self.inherit = true;
        self
    }

    /// Grants an action on the documents of a collection.
    #[must_use]
    pub fn allow(self, collection: impl Into<String>, action: Action) -> Self {
        self.privilege(Privilege::new(On::Collection(collection.into()), action))
    }

    /// Grants an action on the documents of a collection of which a rule is true.
    #[must_use]
    pub fn allow_when(self, collection: impl Into<String>, action: Action, rule: impl Into<String>) -> Self {
        self.privilege(Privilege::new(On::Collection(collection.into()), action).when(rule))
    }

    /// Grants an action on everything of a kind.
    #[must_use]
    pub fn allow_every(self, resource: Resource, action: Action) -> Self {
        self.privilege(Privilege::new(On::Every(resource), action))
    }

    /// Grants an action on everything of a kind of which a rule is true.
    #[must_use]
    pub fn allow_every_when(self, resource: Resource, action: Action, rule: impl Into<String>) -> Self {
        self.privilege(Privilege::new(On::Every(resource), action).when(rule))
    }

    /// Lets the holder run a procedure.
    #[must_use]
    pub fn allow_call(self, procedure: impl Into<String>) -> Self {
        self.privilege(Privilege::new(On::Procedure(procedure.into()), Action::Call))
    }

    /// Lets the holder run a procedure with arguments, `args`, of which a rule is true.
    #[must_use]
    pub fn allow_call_when(self, procedure: impl Into<String>, rule: impl Into<String>) -> Self {
        self.privilege(Privilege::new(On::Procedure(procedure.into()), Action::Call).when(rule))
    }

    /// Denies an action on the documents of a collection.
    #[must_use]
    pub fn deny(self, collection: impl Into<String>, action: Action) -> Self {
        self.denial(Privilege::new(On::Collection(collection.into()), action))
    }

    /// Denies an action on the documents of a collection, but for those of which a rule is false.
    #[must_use]
    pub fn deny_when(self, collection: impl Into<String>, action: Action, rule: impl Into<String>) -> Self {
        self.denial(Privilege::new(On::Collection(collection.into()), action).when(rule))
    }

    /// Denies an action on everything of a kind.
    #[must_use]
    pub fn deny_every(self, resource: Resource, action: Action) -> Self {
        self.denial(Privilege::new(On::Every(resource), action))
    }

    /// Denies an action on everything of a kind, but for that of which a rule is false.
    #[must_use]
    pub fn deny_every_when(self, resource: Resource, action: Action, rule: impl Into<String>) -> Self {
        self.denial(Privilege::new(On::Every(resource), action).when(rule))
    }

    /// Keeps the holder from running a procedure.
    #[must_use]
    pub fn deny_call(self, procedure: impl Into<String>) -> Self {
        self.denial(Privilege::new(On::Procedure(procedure.into()), Action::Call))
    }

    /// Keeps the holder from running a procedure, but with arguments of which a rule is false.
    #[must_use]
    pub fn deny_call_when(self, procedure: impl Into<String>, rule: impl Into<String>) -> Self {
        self.denial(Privilege::new(On::Procedure(procedure.into()), Action::Call).when(rule))
    }

    /// Grants what a privilege says.
    #[must_use]
    pub fn privilege(mut self, privilege: Privilege) -> Self {
        self.privileges.push(privilege);
        self
    }

    /// Denies what a privilege says.
    #[must_use]
    pub fn denial(mut self, denial: Privilege) -> Self {
        self.denials.push(denial);
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it grants.
    #[must_use]
    pub fn privileges(&self) -> &[Privilege] {
        &self.privileges
    }

    /// What it denies.
    #[must_use]
    pub fn denials(&self) -> &[Privilege] {
        &self.denials
    }

    /// The collections whose documents are members.
    #[must_use]
    pub fn members(&self) -> &[Membership] {
        &self.members
    }

    /// Whether it works in the databases below as well.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        self.inherit
    }
}

impl Privilege {
    /// An action on something, always and wholly.
    #[must_use]
    pub fn new(on: On, action: Action) -> Self {
        Self { on, action, when: None, fields: None }
    }

    /// Under a rule.
    #[must_use]
    pub fn when(mut self, rule: impl Into<String>) -> Self {
        self.when = Some(rule.into());
        self
    }

    /// In some fields.
    #[must_use]
    pub fn fields(mut self, fields: Fields) -> Self {
        self.fields = Some(fields);
        self
    }
}

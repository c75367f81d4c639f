//! Why others may do something or may not, told through a view to those who may ask. It must not tell anybody else, not even
//! of themselves.

use super::ReadView;
use crate::Result;
use crate::explain::{self, Deed, ExplainedRole, Explanation, Inquiry, Reachable, Who, WhoCan};
use crate::open::lineage_of;
use crate::resource::{Action, Resource};
use portunus_scope::Database;

impl ReadView {
    /// Why somebody may do something here, or may not: every role that was considered, and what each part of its rules came to.
    /// It tells nothing of what documents hold; but whoever may ask can find out much by asking much, as rules tell things
    /// apart by what they hold. It takes the right to [`Action::Explain`] roles, also to ask about oneself.
    ///
    /// The verdict is about rights alone: a change may be refused for other reasons that would be allowed.
    ///
    /// # Errors
    /// `Denied`; `NotFound` if there is nobody or nothing of that name, whether or not the principal sees it otherwise.
    ///
    /// ```
    /// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, Role};
    /// use portunus_auth::{Deed, Who};
    /// # use serde_json::json;
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("notes"))?;
    /// # view.create_with_id("notes", "n1", json!({"public": false}))?;
    /// view.define_role(Role::new("reader").allow_when("notes", Action::Read, "doc.public"))?;
    /// let explanation = view.explain(&Who::role("reader"), &Deed::read("notes", "n1"))?;
    /// assert!(!explanation.verdict.is_allowed());
    /// assert!(explanation.to_string().contains("doc.public: false"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn explain(&self, who: &Who, deed: &Deed) -> Result<Explanation> {
        let lineage = self.lineage_to_explain()?;
        explain::explain(self.inquiry(&lineage), who, deed)
    }

    /// What somebody can do here: on each collection and each procedure, and on things of all other kinds.
    ///
    /// # Errors
    /// As [`ReadView::explain`].
    ///
    /// ```
    /// # use portunus_auth::{Collection, Error, Gate, GateOptions};
    /// use portunus_auth::Who;
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("notes"))?;
    /// let can: Vec<String> = view.what_can(&Who::role("server-readonly"))?.iter().map(ToString::to_string).collect();
    /// assert_eq!(can[..2], ["read notes: always", "list_ids notes: always"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn what_can(&self, who: &Who) -> Result<Vec<Reachable>> {
        let lineage = self.lineage_to_explain()?;
        explain::what_can(self.inquiry(&lineage), who)
    }

    /// Who can do something here: which roles, which keys, and which of the documents that are members of roles. Who else could
    /// by the claims of a JWT is not known.
    ///
    /// # Errors
    /// As [`ReadView::explain`].
    ///
    /// ```
    /// # use portunus_auth::{Collection, Error, Gate, GateOptions, Resource};
    /// use portunus_auth::{Action, Deed};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let view = gate.begin_read(&admin)?;
    /// let can = view.who_can(&Deed::on_every(Resource::Role, Action::Write)?)?;
    /// assert_eq!(can.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["admin"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn who_can(&self, deed: &Deed) -> Result<WhoCan> {
        let lineage = self.lineage_to_explain()?;
        explain::who_can(self.inquiry(&lineage), deed)
    }

    /// All that the roles say, asked of nothing.
    ///
    /// # Errors
    /// As [`ReadView::explain`].
    pub(crate) fn outline(&self) -> Result<Vec<ExplainedRole>> {
        let lineage = self.lineage_to_explain()?;
        explain::outline(self.inquiry(&lineage))
    }

    fn lineage_to_explain(&self) -> Result<Vec<Database>> {
        self.policy()?.require(Resource::Role, Action::Explain)?;
        lineage_of(self.reader(), self.database())
    }

    fn inquiry<'i>(&'i self, lineage: &'i [Database]) -> Inquiry<'i> {
        Inquiry { reader: self.reader(), book: self.shared().opener.roles(), memo: &self.memo, lineage }
    }
}

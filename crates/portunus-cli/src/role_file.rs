//! Files of roles and of tests of them, as people write them. The only file that names `toml`. It knows nothing of what roles mean.

use super::failure::{Failure, Result};
use portunus::{
    Finding, On, PolicyTest, Privilege, RoleEntry, RolePart, RoleSet, Timestamp, Value, from_value,
};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The most bytes of a file of roles.
const ROLE_FILE_BYTES_MAX: u64 = 4 << 20;

/// The most bytes of a file with a test of roles.
const POLICY_TEST_BYTES_MAX: u64 = 4 << 20;

/// A file of roles.
pub struct RoleFile {
    name: String,
    text: String,
    /// What it says.
    pub set: RoleSet,
}

/// A place in a file, as editors count: from one, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePlace {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

impl RoleFile {
    /// Reads a file.
    ///
    /// # Errors
    /// If there is none, if it is too large, or if it does not have its form: then with the place.
    pub fn read(path: &Path) -> Result<Self> {
        let (name, text) = text_of(path, ROLE_FILE_BYTES_MAX)?;
        Self::of(name, text)
    }

    /// Reads the text of a file of that name.
    ///
    /// # Errors
    /// If it does not have its form, with the place.
    pub fn of(name: String, text: String) -> Result<Self> {
        let set = parse(&text).map_err(|problem| Failure::new(format!("{name}: {problem}")))?;
        Ok(Self { name, text, set })
    }

    /// The name by which it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where in it each thing is that somebody found.
    pub fn places(&self, findings: &[Finding]) -> Vec<Option<FilePlace>> {
        let table = DeTable::parse(&self.text).ok();
        let place = |finding| self.place(table.as_ref()?.get_ref(), finding);
        findings.iter().map(place).collect()
    }

    fn place(&self, table: &DeTable<'_>, finding: &Finding) -> Option<FilePlace> {
        let entry = find_entry(table, &finding.entry)?;
        let part = finding.part.as_ref().and_then(|part| find_part(entry, part)).unwrap_or(entry);
        let rule = finding.rule().and_then(|rule| find_rule(part, rule));
        let start = match (rule, &finding.span) {
            (Some(rule), Some(span)) => {
                let written = self.text.get(rule.span())?;
                // Only where nothing is escaped the places in the rule are those in the file.
                let inside = written.find(rule.get_ref().as_str()?).map_or(0, |quote| quote + span.start);
                rule.span().start + inside
            }
            (_, None) | (None, _) => part.span().start,
        };
        place_of(&self.text, start)
    }
}

/// Reads a test of roles, with the file of roles that it names, which is found beside it.
///
/// # Errors
/// As [`RoleFile::read`].
pub fn read_policy_test(path: &Path) -> Result<PolicyTest> {
    let (name, text) = text_of(path, POLICY_TEST_BYTES_MAX)?;
    let test = parse_test(&text).map_err(|problem| Failure::new(format!("{name}: {problem}")))?;
    let Some(roles) = test.roles_file() else { return Ok(test) };
    let roles = path.parent().unwrap_or(Path::new("")).join(roles);
    Ok(test.with_roles(RoleFile::read(&roles)?.set))
}

/// Reads the text of a test of roles, by way of values of our own, which have instants as well.
///
/// # Errors
/// What is wrong, with its place where that can be found.
pub fn parse_test(text: &str) -> Result<PolicyTest, String> {
    let told = |error: toml::de::Error| error.to_string().trim_end().to_owned();
    let table: toml::Table = toml::from_str(text).map_err(told)?;
    let value = value_of(toml::Value::Table(table))?;
    from_value(&value).map_err(|error| match toml::from_str::<PolicyTest>(text) {
        Err(placed) => told(placed),
        Ok(_) => error.to_string(),
    })
}

/// A set of roles as the text of a file.
///
/// # Errors
/// If it cannot be written so.
pub fn written(set: &RoleSet) -> Result<String> {
    toml::to_string(set).map_err(|error| Failure::new(format!("the roles cannot be written: {error}")))
}

fn parse(text: &str) -> Result<RoleSet, String> {
    toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
}

fn value_of(value: toml::Value) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(text) => Value::from(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) if number.is_nan() => return Err("a value is no number".into()),
        toml::Value::Float(number) => Value::Float(number),
        toml::Value::Boolean(truth) => Value::from(truth),
        toml::Value::Datetime(instant) => {
            let instant = instant.to_string();
            let wrong = |_| format!("{instant} is no instant: one has a date, a time and an offset, as Z");
            Value::from(instant.parse::<Timestamp>().map_err(wrong)?)
        }
        toml::Value::Array(items) => Value::Array(items.into_iter().map(value_of).collect::<Result<_, _>>()?),
        toml::Value::Table(table) => {
            let members = table.into_iter().map(|(name, value)| Ok((name, value_of(value)?)));
            Value::Object(members.collect::<Result<Vec<_>, String>>()?.into_iter().collect())
        }
    })
}

fn text_of(path: &Path, bytes_max: u64) -> Result<(String, String)> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_string(&mut text));
    read.map_err(|error| Failure::file("read", path, &error))?;
    let name = path.display().to_string();
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > bytes_max {
        return Err(Failure::new(format!("{name} has more than {bytes_max} bytes")));
    }
    Ok((name, text))
}

/// The table of a role or a predicate.
fn find_entry<'t>(table: &'t DeTable<'_>, entry: &RoleEntry) -> Option<&'t Spanned<DeValue<'t>>> {
    match entry {
        RoleEntry::Predicate(name) => table.get("predicates")?.get_ref().as_table()?.get(name.as_str()),
        RoleEntry::Role(name) => {
            let roles = table.get("role")?.get_ref().as_array()?;
            roles.iter().find(|role| {
                let table = role.get_ref().as_table();
                let named = table.and_then(|table| table.get("name")).and_then(|it| it.get_ref().as_str());
                named == Some(name)
            })
        }
    }
}

/// What is written of a part of it.
fn find_part<'t>(entry: &'t Spanned<DeValue<'t>>, part: &RolePart) -> Option<&'t Spanned<DeValue<'t>>> {
    let list = |name: &str| entry.get_ref().as_table()?.get(name)?.get_ref().as_array();
    match part {
        RolePart::Allow(privilege) => list("allow")?.iter().find(|it| is_privilege(it, privilege)),
        RolePart::Deny(privilege) => list("deny")?.iter().find(|it| is_privilege(it, privilege)),
        RolePart::Member(member) => list("members")?.iter().find(|it| {
            let name = it.get_ref().as_str().or_else(|| text(it, "collection"));
            name == Some(&member.collection) && text(it, "when") == member.when.as_deref()
        }),
        _ => Some(entry),
    }
}

fn is_privilege(written: &Spanned<DeValue<'_>>, privilege: &Privilege) -> bool {
    let is_on = match &privilege.on {
        On::Collection(name) => text(written, "on") == Some(name),
        On::Every(kind) => text(written, "every") == Some(&kind.to_string()),
        On::Procedure(name) => text(written, "procedure") == Some(name),
    };
    let action = privilege.action.to_string();
    let actions = written.get_ref().as_table().and_then(|table| table.get("actions")?.get_ref().as_array());
    let is_among = |actions: &DeArray<'_>| actions.iter().any(|it| it.get_ref().as_str() == Some(&action));
    is_on && actions.is_none_or(is_among) && text(written, "when") == privilege.when.as_deref()
}

fn find_rule<'t>(part: &'t Spanned<DeValue<'t>>, rule: &str) -> Option<&'t Spanned<DeValue<'t>>> {
    let table = part.get_ref().as_table()?;
    ["when", "rule"]
        .into_iter()
        .filter_map(|name| table.get(name))
        .find(|it| it.get_ref().as_str() == Some(rule))
}

fn text<'t>(written: &'t Spanned<DeValue<'_>>, name: &str) -> Option<&'t str> {
    written.get_ref().as_table()?.get(name)?.get_ref().as_str()
}

fn place_of(text: &str, at: usize) -> Option<FilePlace> {
    let before = text.get(..at)?;
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    Some(FilePlace { line, column: before.get(line_start..)?.chars().count() + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use portunus::{Action, Fields, NamedPredicate, Resource, Role};

    #[test]
    fn what_is_written_is_read_back() {
        let fields =
            Privilege::new(On::Collection("notes".into()), Action::Read).fields(Fields::except(["a.b"]));
        let role = Role::new("author")
            .member("guests")
            .member_when("users", "identity.name == \"o'hara\"\n  && !identity.gone")
            .privilege(fields)
            .allow_when("notes", Action::Read, "owns(doc)")
            .allow_when("notes", Action::Delete, "owns(doc)")
            .allow_every(Resource::Key, Action::Read)
            .allow_call("send")
            .deny_when("notes", Action::Write, r"old.path == 'c:\\x'")
            .inherit();
        let owns = NamedPredicate::new("owns", ["what"], "what.owner == id(identity)");
        let set = RoleSet::new([owns], [role, Role::new("none")]).unwrap();
        let text = written(&set).unwrap();
        assert_eq!(parse(&text).as_ref(), Ok(&set), "{text}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, words) in [
            ("[[role]]\nname = \"a\"\nmember = []\n", "line 3"),
            ("[[role]]\nname = \"a\"\n[[role.allow]]\non = \"notes\"\nactions = [\"reed\"]\n", "line 5"),
            (
                "[[role]]\nname = \"a\"\n[[role.allow]]\nactions = [\"read\"]\n",
                "`on`, `every` or `procedure`",
            ),
            ("[[role]\n", "line 1"),
            ("[predicates]\na = 1\n", "line 2"),
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.contains(words), "{problem}");
        }
    }

    #[test]
    fn what_lies_too_deep_is_refused() {
        let deep = |open: &str| format!("x = {}", open.repeat(100_000));
        assert!(parse(&deep("[")).is_err() && parse(&deep("{a=")).is_err());
    }

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        assert_eq!(place_of("ab\nc", 0), Some(FilePlace { line: 1, column: 1 }));
        assert_eq!(place_of("äb\ncd", 3), Some(FilePlace { line: 1, column: 3 }));
        assert_eq!(place_of("ab\ncd", 4), Some(FilePlace { line: 2, column: 2 }));
        assert_eq!(place_of("ab", 9), None);
    }

    #[test]
    fn instants_of_a_test_are_instants_wherever_they_stand() {
        let text = |at: &str| {
            format!(
                "at = {at}\nroles = {{ role = [{{ name = \"r\", allow = [{{ on = \"n\", actions = [\"read\"], \
                 when = \"doc.at <= now\" }}] }}] }}\n[documents.n.1]\nat = {at}\n\
                 [[expect]]\nwho = \"role:r\"\ncan = \"read\"\non = \"n/1\"\n"
            )
        };
        for at in ["2026-01-01T00:00:00Z", "2026-01-01 01:00:00+01:00"] {
            let report = parse_test(&text(at)).unwrap().run().unwrap();
            assert!(report.holds(), "{report}");
        }
        for at in ["2026-01-01", "2026-01-01T00:00:00", "00:00:00"] {
            assert!(parse_test(&text(at)).unwrap_err().contains("instant"), "{at}");
        }
        assert!(parse_test("[documents.n.1]\na = nan\n").is_err());
        assert!(parse_test("[[expect]]\nwho = 3\n").unwrap_err().contains("line 2"));
    }

    #[test]
    fn a_test_that_is_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        std::fs::write(&path, "#".repeat((4 << 20) + 1)).unwrap();
        assert!(read_policy_test(&path).is_err_and(|failure| failure.message().contains("more than")));
        std::fs::write(&path, "roles = 'gone.toml'").unwrap();
        assert!(read_policy_test(&path).is_err_and(|failure| failure.message().contains("gone.toml")));
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roles.toml");
        std::fs::write(&path, "#".repeat((4 << 20) + 1)).unwrap();
        assert!(RoleFile::read(&path).is_err_and(|failure| failure.message().contains("more than")));
        std::fs::write(&path, "#".repeat(4 << 20)).unwrap();
        assert!(RoleFile::read(&path).is_ok_and(|file| file.set == RoleSet::default()));
    }
}

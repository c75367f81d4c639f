//! What a predicate says in surroundings that are known as a whole. Whoever decides about many documents binds it first.

use crate::limits::SCRATCH_BYTES_MAX;
use crate::{Constant, Environment, Fault, Outcome, Predicate, Scratch, Span, Traced, View, eval};

impl Predicate {
    /// What it says.
    ///
    /// ```
    /// use portunus_predicate::{Constant, Declaration, Fault, Known, Outcome, Predicate, Scene, Scratch, Type, Vocabulary};
    /// let vocabulary = Vocabulary::new().declare(Declaration::entity("doc", Type::Any, Known::Decided));
    /// let predicate = Predicate::new("doc.pages < 100", &vocabulary)?;
    /// let (short, none) = (Constant::map([("pages", Constant::Int(9))]), Constant::Map([].into()));
    /// let mut scratch = Scratch::new();
    /// assert_eq!(predicate.decide(&Scene::new().with_entity(0, "books", "a", 1, &short), &mut scratch), Outcome::True);
    /// let outcome = predicate.decide(&Scene::new().with_entity(0, "books", "b", 1, &none), &mut scratch);
    /// assert_eq!(outcome, Outcome::Fault(Fault::Missing));
    /// # Ok::<(), portunus_predicate::Error>(())
    /// ```
    #[inline]
    pub fn decide<'a, V: View<'a>>(&self, env: &impl Environment<'a, V>, scratch: &mut Scratch) -> Outcome {
        eval::decide(&self.node, env, scratch)
    }

    /// The same, and what each part of it came to on the way: a part that is evaluated several times is told as often, one that
    /// did not matter any more is not told.
    ///
    /// ```
    /// use portunus_predicate::{Outcome, Predicate, Scene, Scratch, Traced, Vocabulary};
    /// let source = "1 > 2 || 2 > 1";
    /// let predicate = Predicate::new(source, &Vocabulary::new())?;
    /// let mut seen = Vec::new();
    /// let mut trace = |span: portunus_predicate::Span, traced| seen.push((span.of(source), traced));
    /// assert_eq!(predicate.decide_traced(&Scene::new(), &mut Scratch::new(), &mut trace), Outcome::True);
    /// assert!(seen.contains(&("1 > 2", Traced::False)));
    /// assert_eq!(seen.last(), Some(&(source, Traced::True)));
    /// # Ok::<(), portunus_predicate::Error>(())
    /// ```
    pub fn decide_traced<'a, V: View<'a>>(
        &self,
        env: &impl Environment<'a, V>,
        scratch: &mut Scratch,
        trace: &mut dyn FnMut(Span, Traced),
    ) -> Outcome {
        eval::decide_traced(&self.node, env, scratch, trace)
    }

    /// The value of an expression of any type, for tools.
    ///
    /// # Errors
    /// Why it has none.
    ///
    /// ```
    /// use portunus_predicate::{Constant, Fault, Predicate, Scene, Scratch, Vocabulary};
    /// let sum = Predicate::expression("40 + 2", &Vocabulary::new())?;
    /// assert!(matches!(sum.evaluate(&Scene::new(), &mut Scratch::new()), Ok(Constant::Int(42))));
    /// let ratio = Predicate::expression("1 / 0", &Vocabulary::new())?;
    /// assert_eq!(ratio.evaluate(&Scene::new(), &mut Scratch::new()).unwrap_err(), Fault::Arithmetic);
    /// # Ok::<(), portunus_predicate::Error>(())
    /// ```
    pub fn evaluate<'a, V: View<'a>>(
        &self,
        env: &impl Environment<'a, V>,
        scratch: &mut Scratch,
    ) -> Result<Constant, Fault> {
        eval::constant(&self.node, env, scratch, SCRATCH_BYTES_MAX).map(|(value, _)| value)
    }
}

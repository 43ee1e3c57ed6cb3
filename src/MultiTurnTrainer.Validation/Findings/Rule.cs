using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Findings;

/// <summary>
/// One rule of the catalogue. A rule is made anew for every run, so it may remember what it saw. It looks at bytes and
/// tokens; it makes strings only when it has something to say.
/// </summary>
internal abstract class Rule
{
    public abstract RuleInfo Info { get; }

    /// <summary>Looks at a row's text and tokens as the file has them, whatever the format. The row is JSON.</summary>
    public virtual void CheckText(Row row, FindingSink sink) { }

    /// <summary>Looks at the canonical conversation.</summary>
    public virtual void Check(Row row, FindingSink sink) { }

    /// <summary>Looks at both sides of a preference, each as a canonical conversation.</summary>
    public virtual void CheckPair(Row chosen, Row rejected, FindingSink sink) { }

    /// <summary>Whether it is about how good answers are: not asked of the rejected side of a pair.</summary>
    public virtual bool JudgesAnswers => false;

    /// <summary>Looks back when a file is done.</summary>
    public virtual void EndFile(string file, FindingSink sink) { }
}

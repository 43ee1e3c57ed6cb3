namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>What an instruction does. Operands are A, B and C of <see cref="Instruction"/>.</summary>
internal enum Operation
{
    /// <summary>The text has matched.</summary>
    Accept,

    /// <summary>One scalar of set A.</summary>
    Scalar,

    /// <summary>B to C scalars of set A, greedily; C &lt; 0 is without end.</summary>
    Loop,

    /// <summary>The same, never giving any back.</summary>
    PossessiveLoop,

    /// <summary>Go on at A; when that fails, at B.</summary>
    Split,

    /// <summary>Go on at A.</summary>
    Jump,

    /// <summary>Remember the position in slot A.</summary>
    Save,

    /// <summary>Fail when the position has not moved since slot A was saved.</summary>
    Moved,

    /// <summary>Lookahead: the program at A, negative when B is 1; go on at C.</summary>
    LookAhead,

    /// <summary>Lookbehind: the program at A must end here, negative when B is 1; go on at C.</summary>
    LookBehind,

    /// <summary>The program at A, once; go on at C.</summary>
    Atomic,

    /// <summary>Condition A.</summary>
    Assert,

    /// <summary>What slots 2A and 2A + 1 enclose, again.</summary>
    Backreference,
}

/// <summary>One step of a program.</summary>
internal readonly record struct Instruction(Operation Operation, int A = 0, int B = 0, int C = 0);

/// <summary>A compiled pattern.</summary>
/// <param name="Code">The steps; the first is the entry.</param>
/// <param name="Sets">What scalars may be.</param>
/// <param name="Slots">How many positions are remembered.</param>
/// <param name="First">What a match can begin with, or null when it may be empty or look around.</param>
internal sealed record RegexProgram(Instruction[] Code, ScalarSet[] Sets, int Slots, ScalarSet? First);

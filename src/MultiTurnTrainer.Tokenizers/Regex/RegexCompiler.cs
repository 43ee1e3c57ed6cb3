namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>Turns a syntax tree into a program for <see cref="OnigRegex"/>.</summary>
internal sealed class RegexCompiler
{
    private const int MaxLength = 200_000;

    private readonly List<Instruction> _code = [];
    private readonly List<ScalarSet> _sets = [];
    private readonly Dictionary<CodePointSet, int> _setNumbers = [];
    private int _slots;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="RegexSyntaxException">The pattern is not valid.</exception>
    public static RegexProgram Compile(string pattern)
    {
        (RegexNode root, int groups) = RegexParser.Parse(pattern);
        RegexCompiler compiler = new() { _slots = 2 * groups };
        compiler.Emit(root);
        compiler.Add(new Instruction(Operation.Accept));
        CodePointSet first = CodePointSet.Empty;
        bool consumes = CollectFirst(root, ref first);
        return new RegexProgram(
            [.. compiler._code],
            [.. compiler._sets],
            compiler._slots,
            consumes ? new ScalarSet(first) : null
        );
    }

    // Adds what the node may begin with; false when it may match nothing.
    private static bool CollectFirst(RegexNode node, ref CodePointSet first)
    {
        RegexSyntaxException.ThrowIfTooDeep();
        switch (node)
        {
            case RegexNode.Scalar scalar:
                first = first.Union(scalar.Set);
                return true;
            case RegexNode.Concat concat:
                foreach (RegexNode part in concat.Parts)
                {
                    if (CollectFirst(part, ref first))
                    {
                        return true;
                    }
                }

                return false;
            case RegexNode.Alternate alternate:
                bool all = true;
                foreach (RegexNode branch in alternate.Branches)
                {
                    all &= CollectFirst(branch, ref first);
                }

                return all;
            case RegexNode.Repeat repeat:
                return CollectFirst(repeat.Body, ref first) && repeat.Min > 0;
            case RegexNode.Capture capture:
                return CollectFirst(capture.Body, ref first);
            case RegexNode.Atomic atomic:
                return CollectFirst(atomic.Body, ref first);
            default:
                return false;
        }
    }

    private int Add(Instruction instruction)
    {
        if (_code.Count >= MaxLength)
        {
            throw new RegexSyntaxException("the pattern is too large");
        }

        _code.Add(instruction);
        return _code.Count - 1;
    }

    private int SetNumber(CodePointSet set)
    {
        if (!_setNumbers.TryGetValue(set, out int number))
        {
            number = _sets.Count;
            _sets.Add(new ScalarSet(set));
            _setNumbers.Add(set, number);
        }

        return number;
    }

    private void Emit(RegexNode node)
    {
        RegexSyntaxException.ThrowIfTooDeep();
        switch (node)
        {
            case RegexNode.Empty:
                break;
            case RegexNode.Scalar scalar:
                Add(new Instruction(Operation.Scalar, SetNumber(scalar.Set)));
                break;
            case RegexNode.Concat concat:
                foreach (RegexNode part in concat.Parts)
                {
                    Emit(part);
                }

                break;
            case RegexNode.Alternate alternate:
                EmitAlternate(alternate.Branches);
                break;
            case RegexNode.Repeat repeat:
                EmitRepeat(repeat);
                break;
            case RegexNode.Capture capture:
                Add(new Instruction(Operation.Save, 2 * capture.Index));
                Emit(capture.Body);
                Add(new Instruction(Operation.Save, 2 * capture.Index + 1));
                break;
            case RegexNode.Look look:
                EmitSub(look.Behind ? Operation.LookBehind : Operation.LookAhead, look.Body, look.Negative ? 1 : 0);
                break;
            case RegexNode.Atomic atomic:
                EmitSub(Operation.Atomic, atomic.Body, 0);
                break;
            case RegexNode.Assert assert:
                Add(new Instruction(Operation.Assert, (int)assert.Kind));
                break;
            case RegexNode.Backreference back:
                if (2 * back.Index + 1 >= _slots)
                {
                    throw new RegexSyntaxException("invalid backref number/name");
                }

                Add(new Instruction(Operation.Backreference, back.Index));
                break;
        }
    }

    private void EmitSub(Operation operation, RegexNode body, int flag)
    {
        int at = Add(default);
        Emit(body);
        Add(new Instruction(Operation.Accept));
        _code[at] = new Instruction(operation, at + 1, flag, _code.Count);
    }

    private void EmitAlternate(IReadOnlyList<RegexNode> branches)
    {
        List<int> jumps = [];
        for (int i = 0; i < branches.Count; i++)
        {
            bool last = i == branches.Count - 1;
            int split = last ? -1 : Add(default);
            Emit(branches[i]);
            if (!last)
            {
                jumps.Add(Add(default));
                _code[split] = new Instruction(Operation.Split, split + 1, _code.Count);
            }
        }

        foreach (int jump in jumps)
        {
            _code[jump] = new Instruction(Operation.Jump, _code.Count);
        }
    }

    private void EmitRepeat(RegexNode.Repeat repeat)
    {
        if (repeat.Body is RegexNode.Scalar scalar && repeat.Mode != RepeatMode.Lazy)
        {
            Operation loop = repeat.Mode == RepeatMode.Greedy ? Operation.Loop : Operation.PossessiveLoop;
            Add(new Instruction(loop, SetNumber(scalar.Set), repeat.Min, repeat.Max));
            return;
        }

        if (repeat.Mode == RepeatMode.Possessive)
        {
            EmitSub(Operation.Atomic, repeat with { Mode = RepeatMode.Greedy }, 0);
            return;
        }

        int start = _code.Count;
        for (int i = 0; i < repeat.Min && (i == 0 || _code.Count > start); i++)
        {
            Emit(repeat.Body);
        }

        bool lazy = repeat.Mode == RepeatMode.Lazy;
        if (repeat.Max < 0)
        {
            int slot = _slots++;
            int split = Add(default);
            Add(new Instruction(Operation.Save, slot));
            Emit(repeat.Body);
            Add(new Instruction(Operation.Moved, slot));
            Add(new Instruction(Operation.Jump, split));
            _code[split] = Choice(split + 1, _code.Count, lazy);
            return;
        }

        List<int> exits = [];
        for (int i = repeat.Min; i < repeat.Max; i++)
        {
            exits.Add(Add(default));
            Emit(repeat.Body);
        }

        foreach (int exit in exits)
        {
            _code[exit] = Choice(exit + 1, _code.Count, lazy);
        }
    }

    private static Instruction Choice(int body, int exit, bool lazy) =>
        lazy ? new Instruction(Operation.Split, exit, body) : new Instruction(Operation.Split, body, exit);
}

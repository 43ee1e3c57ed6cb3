// Folder Regex: the regular expressions of tokenizers, as Oniguruma reads them.
// Refuses to know: tokens.
using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>A backtracking matcher over UTF-8 with Oniguruma's semantics: leftmost match, branches in order, scalars as units. Thread-safe.</summary>
internal sealed class OnigRegex : ITextPattern
{
    private readonly RegexProgram _program;

    [ThreadStatic]
    private static int[]? _stack;

    [ThreadStatic]
    private static int[]? _slots;

    // Of the text that is being searched: a search from its beginning begins the count.
    [ThreadStatic]
    private static StepLimit _limit;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="RegexSyntaxException">The pattern is not valid.</exception>
    public OnigRegex(string pattern)
    {
        Pattern = pattern;
        _program = RegexCompiler.Compile(pattern);
    }

    /// <summary>The source.</summary>
    public string Pattern { get; }

    /// <inheritdoc/>
    public bool TryFind(ReadOnlySpan<byte> text, int from, out int start, out int end)
    {
        if (_slots is null || _slots.Length < _program.Slots)
        {
            _slots = new int[Math.Max(32, _program.Slots)];
        }

        Array.Fill(_slots, -1);
        if (from == 0)
        {
            _limit = new StepLimit(text.Length);
        }

        ScalarSet? first = _program.First;
        for (int at = from; ; )
        {
            if (at >= text.Length)
            {
                if (at == text.Length && first is null && Run(text, 0, at, from, 0) is var empty and >= 0)
                {
                    (start, end) = (at, empty);
                    return true;
                }

                (start, end) = (-1, -1);
                return false;
            }

            _limit.Take(1);
            int scalar = Utf8.Decode(text, at, out int length);
            if (first is null || first.Contains(scalar))
            {
                int found = Run(text, 0, at, from, 0);
                if (found >= 0)
                {
                    (start, end) = (at, found);
                    return true;
                }
            }

            at += length;
        }
    }

    // Frames on the stack: kind, and three numbers.
    private const int Frame = 4;
    private const int Alternative = 0; // program counter, position
    private const int GiveBack = 1; // program counter, position, least position
    private const int Restore = 2; // slot, value

    // Runs the program from pc at a position; returns where the match ends, or −1. top: free part of the stack.
    private int Run(ReadOnlySpan<byte> text, int pc, int at, int searchStart, int top)
    {
        int bottom = top;
        int[] stack = _stack ??= new int[1024];
        int[] slots = _slots!;
        Instruction[] code = _program.Code;
        while (true)
        {
            Instruction step = code[pc];
            _limit.Take(1);
            bool ok = true;
            switch (step.Operation)
            {
                case Operation.Accept:
                    return at;
                case Operation.Loop:
                case Operation.PossessiveLoop:
                    ok = Repeat(text, step, ref at, out int least);
                    pc++;
                    if (ok && step.Operation == Operation.Loop && at > least)
                    {
                        Push(ref stack, ref top, GiveBack, pc, at, least);
                    }

                    break;
                case Operation.Split:
                    Push(ref stack, ref top, Alternative, step.B, at, 0);
                    pc = step.A;
                    break;
                case Operation.Jump:
                    pc = step.A;
                    break;
                case Operation.Save:
                    Push(ref stack, ref top, Restore, step.A, slots[step.A], 0);
                    slots[step.A] = at;
                    pc++;
                    break;
                case Operation.Moved:
                    // An empty round ends the loop: the jump behind this step is left out.
                    pc += slots[step.A] == at ? 2 : 1;
                    break;
                case Operation.LookAhead or Operation.LookBehind or Operation.Atomic:
                    ok = RunInner(text, step, ref at, searchStart, top);
                    pc = step.C;
                    break;
                default:
                    ok = Take(text, step, ref at, searchStart);
                    pc++;
                    break;
            }

            // The stack may have been replaced by a larger one further down.
            stack = _stack!;
            if (!ok && !Resume(stack, slots, text, bottom, ref top, ref pc, ref at))
            {
                return -1;
            }
        }
    }

    // Takes a loop's scalars, as many as there are; least: where it could end at the earliest.
    private bool Repeat(ReadOnlySpan<byte> text, Instruction step, ref int at, out int least)
    {
        least = at;
        int count = 0;
        ScalarSet set = _program.Sets[step.A];
        while (count != step.C && at < text.Length && set.Contains(Utf8.Decode(text, at, out int size)))
        {
            at += size;
            count++;
            least = count == step.B ? at : least;
        }

        _limit.Take(count);
        return count >= step.B;
    }

    // One step that only looks at the text or takes some of it.
    private bool Take(ReadOnlySpan<byte> text, Instruction step, ref int at, int searchStart)
    {
        if (step.Operation == Operation.Scalar)
        {
            int size = 0;
            bool found = at < text.Length && _program.Sets[step.A].Contains(Utf8.Decode(text, at, out size));
            at += size;
            return found;
        }

        if (step.Operation == Operation.Assert)
        {
            return Holds((RegexAssertion)step.A, text, at, searchStart);
        }

        // A back-reference.
        int from = _slots![2 * step.A];
        int to = _slots[2 * step.A + 1];
        if (from < 0 || to < from || !text[at..].StartsWith(text[from..to]))
        {
            return false;
        }

        _limit.Take(to - from);
        at += to - from;
        return true;
    }

    // What runs a program of its own: looking around, and groups that give nothing back.
    private bool RunInner(ReadOnlySpan<byte> text, Instruction step, ref int at, int searchStart, int top)
    {
        if (step.Operation == Operation.LookBehind)
        {
            return EndsHere(text, step.A, at, searchStart, top) == (step.B == 0);
        }

        int end = Run(text, step.A, at, searchStart, top);
        if (step.Operation == Operation.LookAhead)
        {
            return end >= 0 == (step.B == 0);
        }

        at = end >= 0 ? end : at;
        return end >= 0;
    }

    private static bool Resume(
        int[] stack,
        int[] slots,
        ReadOnlySpan<byte> text,
        int bottom,
        ref int top,
        ref int pc,
        ref int at
    )
    {
        while (top > bottom)
        {
            int frame = top - Frame;
            switch (stack[frame])
            {
                case Restore:
                    slots[stack[frame + 1]] = stack[frame + 2];
                    top = frame;
                    continue;
                case Alternative:
                    pc = stack[frame + 1];
                    at = stack[frame + 2];
                    top = frame;
                    return true;
                default:
                    pc = stack[frame + 1];
                    at = Utf8.Before(text, stack[frame + 2]);
                    if (at > stack[frame + 3])
                    {
                        stack[frame + 2] = at;
                    }
                    else
                    {
                        top = frame;
                    }

                    return true;
            }
        }

        return false;
    }

    // Tries every start, nearest first; the program must end exactly at the position.
    private bool EndsHere(ReadOnlySpan<byte> text, int pc, int at, int searchStart, int top)
    {
        for (int start = at; ; start = Utf8.Before(text, start))
        {
            if (Run(text[..at], pc, start, searchStart, top) == at)
            {
                return true;
            }

            if (start == 0)
            {
                return false;
            }
        }
    }

    private static bool Holds(RegexAssertion kind, ReadOnlySpan<byte> text, int at, int searchStart) =>
        kind switch
        {
            RegexAssertion.LineStart => at == 0 || (text[at - 1] == '\n' && at < text.Length),
            RegexAssertion.LineEnd => at == text.Length || text[at] == '\n',
            RegexAssertion.TextStart => at == 0,
            RegexAssertion.TextEnd => at == text.Length,
            RegexAssertion.TextEndOrNewline => at == text.Length || (at == text.Length - 1 && text[at] == '\n'),
            RegexAssertion.SearchStart => at == searchStart,
            RegexAssertion.WordBoundary => IsBoundary(text, at),
            _ => !IsBoundary(text, at),
        };

    private static bool IsBoundary(ReadOnlySpan<byte> text, int at)
    {
        bool before = at > 0 && RegexClasses.Word.Contains(Utf8.Decode(text, Utf8.Before(text, at), out _));
        bool after = at < text.Length && RegexClasses.Word.Contains(Utf8.Decode(text, at, out _));
        return before != after;
    }

    private static void Push(ref int[] stack, ref int top, int kind, int a, int b, int c)
    {
        if (top + Frame > stack.Length)
        {
            Array.Resize(ref stack, stack.Length * 2);
            _stack = stack;
        }

        stack[top] = kind;
        stack[top + 1] = a;
        stack[top + 2] = b;
        stack[top + 3] = c;
        top += Frame;
    }
}

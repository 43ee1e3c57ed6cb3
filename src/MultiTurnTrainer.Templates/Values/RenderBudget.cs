namespace MultiTurnTrainer.Templates.Values;

/// <summary>
/// What one render may still use: work, in units of about ten nanoseconds, and bytes of what it makes. It is counted where
/// the work is done, before it is done, so that a template is refused at the same place on every machine.
/// </summary>
internal sealed class RenderBudget
{
    // About half a second of one core, and half of the memory that a refused template may take.
    private const double Work = 50_000_000;
    private const double Bytes = 200_000_000;

    // Long conversations are given more: a template may well look at every character several times.
    private const double PerInputByte = 24;

    [ThreadStatic]
    private static RenderBudget? _current;

    private readonly RenderBudget? _outer;
    private long _work;
    private long _bytes;

    /// <summary>Begins to count on this thread.</summary>
    /// <param name="factor">How many times the usual budget.</param>
    /// <param name="inputBytes">The length of the conversation.</param>
    private RenderBudget(double factor, long inputBytes)
    {
        _outer = _current;
        _work = (long)Math.Min(factor * (Work + (PerInputByte * inputBytes)), long.MaxValue / 2);
        _bytes = (long)Math.Min(factor * (Bytes + (PerInputByte * inputBytes)), long.MaxValue / 2);
    }

    /// <summary>Begins to count on this thread.</summary>
    public static RenderBudget Begin(RenderInput input)
    {
        long bytes = Length(input.Messages) + Length(input.Tools ?? default);
        foreach ((_, JsonView variable) in input.Variables ?? new Dictionary<string, JsonView>())
        {
            bytes += Length(variable);
        }

        return _current = new RenderBudget(input.Budget, bytes);
    }

    /// <summary>Ends the count.</summary>
    public void End() => _current = _outer;

    /// <summary>Work that makes nothing that stays.</summary>
    public static void Spend(long work)
    {
        if (_current is { } budget && (budget._work -= work) < 0)
        {
            throw Exhausted("work");
        }
    }

    /// <summary>A text that is made by copying.</summary>
    public static void Chars(long count) => Make(1 + (count / 16), 72 + (2 * count));

    /// <summary>A text that is made character by character.</summary>
    public static void Mapped(long count) => Make(1 + count, 72 + (2 * count));

    /// <summary>Places in lists, tables and buffers.</summary>
    public static void Items(long count) => Make(1 + count, 40 + (8 * count));

    /// <summary>Work on numbers of these many bits.</summary>
    public static void Product(long bits, long others) => Spend(1 + (bits / 64 * (others / 64) / 4));

    /// <summary>Work and bytes at once.</summary>
    public static void Make(long work, long bytes)
    {
        if (_current is not { } budget)
        {
            return;
        }

        if ((budget._work -= work) < 0)
        {
            throw Exhausted("work");
        }

        if ((budget._bytes -= bytes) < 0)
        {
            throw Exhausted("memory");
        }
    }

    private static long Length(JsonView element) => element.Kind == JsonKind.Undefined ? 0 : element.RawUtf8.Length;

    private static TemplateException Exhausted(string what) =>
        new(TemplateErrorKind.Type, $"the template used up the {what} that one conversation may cost")
        {
            IsOverBudget = true,
        };
}

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>
/// Sequences laid end to end in one pack of tokens. A token sees its own sequence only, and positions begin at 0 in
/// each, so a pack computes what its sequences would compute alone.
/// </summary>
public sealed class SequenceLayout
{
    /// <summary>Lays sequences of these lengths end to end.</summary>
    /// <param name="lengths">The tokens that are laid.</param>
    /// <param name="wholeLengths">Given where sequences are laid without their ends, which nothing is asked about.</param>
    public SequenceLayout(IEnumerable<int> lengths, IReadOnlyList<int>? wholeLengths = null)
    {
        Lengths = [.. lengths];
        WholeLengths = wholeLengths ?? Lengths;
        int[] starts = new int[Lengths.Count + 1];
        for (int i = 0; i < Lengths.Count; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Lengths[i]);
            starts[i + 1] = starts[i] + Lengths[i];
        }

        Starts = starts;
    }

    /// <summary>The sequences' lengths.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>Their lengths with the ends that were left out: what rotary frequencies may depend on.</summary>
    public IReadOnlyList<int> WholeLengths { get; }

    /// <summary>Where each begins, and one past the end of the last: n + 1 entries (<c>cu_seqlens</c>).</summary>
    public IReadOnlyList<int> Starts { get; }

    /// <summary>All tokens.</summary>
    public int Tokens => Starts[^1];

    /// <summary>The length of the longest sequence.</summary>
    public int MaxLength => Lengths.Max();

    /// <summary>One sequence.</summary>
    public static SequenceLayout Single(int length) => new([length]);

    /// <summary>A layout from <c>cu_seqlens</c>.</summary>
    public static SequenceLayout FromStarts(IReadOnlyList<int> starts, IReadOnlyList<int>? wholeLengths = null) =>
        new(Enumerable.Range(0, starts.Count - 1).Select(i => starts[i + 1] - starts[i]), wholeLengths);
}

using System.Security.Cryptography;

namespace MultiTurnTrainer.Conversations.Pairs;

/// <summary>Writes pairs as JSON lines and counts them; equal ones, whatever they were made of, are written once.</summary>
/// <param name="write">Writes a row.</param>
public sealed class PairWriter(Action<JsonFields> write)
{
    /// <param name="output">Where the rows go.</param>
    public PairWriter(Stream output)
        : this(row => JsonText.WriteLine(output, row)) { }

    private readonly HashSet<UInt128> _written = [];

    /// <summary>What was written, and what was left out.</summary>
    public PairCounts Counts { get; } = new();

    /// <summary>Writes a pair unless an equal one is there, or its sides are the same.</summary>
    public void Write(AnswerPair pair)
    {
        UInt128 digest = Digest(pair, pair.Chosen, pair.Rejected);
        UInt128 opposed = Digest(pair, pair.Rejected, pair.Chosen);
        if (digest == opposed)
        {
            Counts.Skip("both answers are the same");
            return;
        }

        if (!_written.Add(digest))
        {
            Counts.Skip("equal to an earlier pair");
            return;
        }

        if (_written.Contains(opposed))
        {
            Counts.AddOpposed();
        }

        write(pair.ToFields());
        Counts.Add(pair);
    }

    private static UInt128 Digest(AnswerPair pair, IReadOnlyList<object> chosen, IReadOnlyList<object> rejected)
    {
        JsonFields compared = new()
        {
            ["prompt"] = pair.Prompt,
            ["chosen"] = chosen,
            ["rejected"] = rejected,
            ["tools"] = pair.Tools,
        };
        return MemoryMarshal.Read<UInt128>(SHA256.HashData(Encoding.UTF8.GetBytes(JsonText.Line(compared))));
    }
}

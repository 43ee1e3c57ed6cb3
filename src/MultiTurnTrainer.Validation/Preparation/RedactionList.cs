using MultiTurnTrainer.Validation.Redaction;

namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>What was redacted: a line a stretch, which says where it stood and never what it was. Appears when it is committed.</summary>
/// <param name="path">The file; null counts only.</param>
/// <param name="force">Whether a non-empty file may be replaced.</param>
public sealed class RedactionList(string? path, bool force) : IDisposable
{
    private readonly ListFile? _list = path is null ? null : new ListFile(path, force);
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>How many values were replaced, by kind.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>Takes over what was replaced in a row.</summary>
    /// <param name="file">Where the row stands.</param>
    /// <param name="line">Its line there, from 1.</param>
    /// <param name="spans">What was replaced.</param>
    public void Add(string file, long line, IReadOnlyList<RedactedSpan> spans)
    {
        foreach (RedactedSpan span in spans)
        {
            _counts[span.Kind] = _counts.GetValueOrDefault(span.Kind) + 1;
            _list?.Write(
                new JsonFields
                {
                    ["file"] = file,
                    ["line"] = line,
                    ["path"] = span.Path,
                    ["start"] = span.Start,
                    ["length"] = span.Length,
                    ["kind"] = span.Kind,
                    ["placeholder"] = span.Placeholder,
                }
            );
        }
    }

    /// <summary>Gives the file its name, if it holds anything.</summary>
    public void Commit() => _list?.Commit();

    /// <inheritdoc/>
    public void Dispose() => _list?.Dispose();
}

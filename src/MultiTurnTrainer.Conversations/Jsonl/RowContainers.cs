namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>
/// Files that hold rows but are no text, known by their extension. The room that reads them registers here at start,
/// for this room stands below it.
/// </summary>
public static class RowContainers
{
    private static readonly List<RowContainer> _known = [];

    /// <summary>Makes a container known to every command.</summary>
    public static void Register(RowContainer container) => _known.Add(container);

    /// <summary>The container of a path; null for text.</summary>
    internal static RowContainer? Find(string path) =>
        _known.Find(container => path.EndsWith(container.Extension, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A kind of file that holds rows.</summary>
/// <param name="Extension">How its files' names end, with the point.</param>
/// <param name="Read">The rows of a path as JSON objects; each is valid until the next is asked for.</param>
public sealed record RowContainer(string Extension, Func<string, IEnumerable<ReadOnlyMemory<byte>>> Read);

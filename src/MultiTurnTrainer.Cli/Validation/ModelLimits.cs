// Folder Validation: what validate and prepare ask of a model, and the files they write.
// Refuses to know: the rules themselves.

namespace MultiTurnTrainer.Cli.Validation;

/// <summary>What the rules ask of a model folder: its tokenizer's control tokens and counts, and its longest sequence.</summary>
internal sealed class ModelLimits : IModelLimits
{
    private readonly Tokenizer _tokenizer;
    private readonly IdBuffer _ids = new();
    private readonly RowMeasure? _rows;

    /// <param name="folder">A model folder.</param>
    /// <param name="maxTokens">A limit that wins over the folder's.</param>
    /// <param name="rows">How conversations are rendered.</param>
    public ModelLimits(string folder, int? maxTokens, RowOptions rows)
    {
        _tokenizer = Tokenizer.Load(folder);
        List<string> control = [];
        for (int id = 0; id < _tokenizer.IdLimit; id++)
        {
            if (_tokenizer.IsSpecial(id) && _tokenizer.IdToToken(id) is { Length: > 1 } token)
            {
                control.Add(token);
            }
        }

        ControlTokens = control;
        MaxTokens = maxTokens ?? RowModel.LongestOf(folder);
        _rows = Measure(folder, null, rows);
    }

    /// <summary>Counts whole rows; null for a folder without a template.</summary>
    public static RowMeasure? Measure(string folder, int? maxLength, RowOptions rows)
    {
        try
        {
            return new RowMeasure(RowModel.Load(folder, rows), rows, maxLength);
        }
        catch (MttException problem)
        {
            Console.Error.WriteLine($"note: {problem.Message}; only the texts are counted");
            return null;
        }
    }

    public IReadOnlyList<string> ControlTokens { get; }

    public int? MaxTokens { get; }

    public int? CountRowTokens(Conversation conversation) => _rows?.Measure(conversation)?.Tokens;

    public int CountTokens(ReadOnlySpan<byte> utf8)
    {
        _ids.Clear();
        _tokenizer.EncodeIds(utf8, _ids);
        return _ids.Count;
    }
}

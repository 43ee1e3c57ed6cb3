// Folder Agents: lets .NET agents count, plan and keep conversations as their model was trained.
// Refuses to know: how a policy decides, how a store keeps, training.
using Tokenizer = MultiTurnTrainer.Tokenizers.Tokenizer;

namespace MultiTurnTrainer.Agents;

/// <summary>
/// A model's own tokenizer as <see cref="Microsoft.ML.Tokenizers.Tokenizer"/>, so that an agent framework counts with the
/// very tokenizer that the model was trained with. Control tokens written out in a text are control tokens; positions are
/// UTF-16 units. Normalization and pre-tokenization are part of the tokenizer and cannot be left out. Thread-safe.
/// </summary>
/// <param name="tokenizer">The tokenizer.</param>
public sealed class ModelTokenizer(Tokenizer tokenizer) : Microsoft.ML.Tokenizers.Tokenizer
{
    private static readonly EncodeOptions _options = new() { TruncateAndPad = false };

    /// <summary>Loads the tokenizer of a model folder, or a tokenizer's file.</summary>
    /// <exception cref="Files.MttException">It is missing or unusable; the message says why.</exception>
    public static ModelTokenizer Load(string path) => new(Tokenizer.Load(path));

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids) => tokenizer.Decode([.. ids], skipSpecialTokens: false);

    /// <inheritdoc/>
    public override OperationStatus Decode(
        IEnumerable<int> ids,
        Span<char> destination,
        out int idsConsumed,
        out int charsWritten
    )
    {
        int[] all = [.. ids];
        string whole = tokenizer.Decode(all, skipSpecialTokens: false);
        string text = whole;
        idsConsumed = all.Length;
        // What is written must be how the whole text begins: never half a character.
        while (text.Length > destination.Length || !whole.StartsWith(text, StringComparison.Ordinal))
        {
            text = tokenizer.Decode(all.AsSpan(0, --idsConsumed), skipSpecialTokens: false);
        }

        text.CopyTo(destination);
        charsWritten = text.Length;
        return idsConsumed == all.Length ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(
        string? text,
        ReadOnlySpan<char> textSpan,
        EncodeSettings settings
    )
    {
        LocatedTokens tokens = Locate(text, textSpan, settings);
        int count = tokens.CountFromStart(settings.MaxTokenCount);
        return new EncodeResults<EncodedToken>
        {
            Tokens = [.. Enumerable.Range(0, count).Select(i => TokenAt(tokens, i))],
            CharsConsumed = tokens.EndOf(count),
        };
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(
        string? text,
        ReadOnlySpan<char> textSpan,
        EncodeSettings settings
    )
    {
        Require(settings);
        textSpan = text ?? textSpan;
        if (settings.MaxTokenCount == int.MaxValue)
        {
            return new EncodeResults<int> { Tokens = Ids(textSpan).Ids.ToArray(), CharsConsumed = textSpan.Length };
        }

        LocatedTokens tokens = Locate(text, textSpan, settings);
        int count = tokens.CountFromStart(settings.MaxTokenCount);
        return new EncodeResults<int> { Tokens = tokens.Ids[..count], CharsConsumed = tokens.EndOf(count) };
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        Require(settings);
        return settings.MaxTokenCount == int.MaxValue
            ? Ids(text ?? textSpan).Count
            : Locate(text, textSpan, settings).CountFromStart(settings.MaxTokenCount);
    }

    /// <inheritdoc/>
    protected override int GetIndexByTokenCount(
        string? text,
        ReadOnlySpan<char> textSpan,
        EncodeSettings settings,
        bool fromEnd,
        out string? normalizedText,
        out int tokenCount
    )
    {
        normalizedText = null;
        LocatedTokens tokens = Locate(text, textSpan, settings);
        if (!fromEnd)
        {
            tokenCount = tokens.CountFromStart(settings.MaxTokenCount);
            return tokens.EndOf(tokenCount);
        }

        tokenCount = tokens.CountFromEnd(settings.MaxTokenCount);
        return tokens.StartOf(tokens.Ids.Length - tokenCount);
    }

    private EncodedToken TokenAt(LocatedTokens tokens, int index) =>
        new(
            tokens.Ids[index],
            tokenizer.IdToToken(tokens.Ids[index]) ?? "",
            new Range(tokens.Starts[index], tokens.Ends[index])
        );

    private LocatedTokens Locate(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        Require(settings);
        text ??= textSpan.ToString();
        return new LocatedTokens(text, tokenizer.Encode(text, _options));
    }

    private IdBuffer Ids(ReadOnlySpan<char> text)
    {
        IdBuffer ids = new();
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(System.Text.Encoding.UTF8.GetMaxByteCount(text.Length));
        int length = System.Text.Encoding.UTF8.GetBytes(text, utf8);
        tokenizer.EncodeIds(utf8.AsSpan(0, length), ids);
        ArrayPool<byte>.Shared.Return(utf8);
        return ids;
    }

    private static void Require(EncodeSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.MaxTokenCount);
        if (!settings.ConsiderNormalization || !settings.ConsiderPreTokenization)
        {
            throw new NotSupportedException(
                "a model's tokenizer is used whole: considerNormalization and considerPreTokenization must be true"
            );
        }
    }
}

namespace MultiTurnTrainer.Inference.Local;

/// <summary>A chat for a local model.</summary>
/// <param name="Chat">Messages and tools, ending where the answer begins.</param>
/// <param name="CacheKey">Whose keys and values may be used and are kept; null for nobody's.</param>
/// <param name="Generation">Limits and sampling; the stop tokens are the template's.</param>
public sealed record LocalChat(Conversation Chat, string? CacheKey, GenerationOptions Generation);

/// <summary>A piece of an answer as it comes.</summary>
/// <param name="Text">What is new of its text; a character appears when it is whole.</param>
/// <param name="Ids">The tokens it comes from.</param>
public sealed record LocalPiece(string Text, IReadOnlyList<int> Ids)
{
    /// <summary>Why it ended; null while it goes on.</summary>
    public FinishReason? Finish { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Of those, how many had been read before.</summary>
    public int ReusedTokens { get; init; }

    /// <summary>Tokens of the answer so far.</summary>
    public int CompletionTokens { get; init; }
}

/// <summary>A model folder that answers one chat after the other, token by token; who comes later waits.</summary>
public sealed class LocalServedModel : IDisposable
{
    // Pieces that wait for a slow reader before the model does.
    private const int MostWaiting = 256;

    private readonly LocalModel _model;
    private readonly CachedGenerator _generator;
    private readonly PromptEncoder _encoder;
    private readonly HashSet<int> _stops;
    private readonly Channel<Action> _waiting = Channel.CreateUnbounded<Action>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _worker;

    /// <summary>Loads a folder.</summary>
    /// <param name="options">The model.</param>
    /// <param name="cacheBytes">The most memory of keys and values that are kept between answers.</param>
    /// <param name="rows">Its template and tokenizer, where they are loaded already.</param>
    /// <exception cref="MttException">The folder cannot be read.</exception>
    public LocalServedModel(LocalModelOptions options, long cacheBytes, RowModel? rows = null)
    {
        Rows = rows ?? RowModel.Load(options.Folder, options.Rows);
        _encoder = new PromptEncoder(Rows);
        _stops = [.. new ChatEncoder(Rows).StopTokens];
        _model = LocalModel.Load(options);
        _generator = new CachedGenerator(_model.Model, _model.Adapter, cacheBytes);
        _worker = Task.Factory.StartNew(Work, TaskCreationOptions.LongRunning);
    }

    /// <summary>Template and tokenizer.</summary>
    public RowModel Rows { get; }

    /// <summary>The most tokens of a prompt and its answer.</summary>
    public int MaxPositions => _model.Model.Config.MaxPositions;

    /// <summary>Answers a chat.</summary>
    /// <exception cref="MttException">The template refuses the chat, or the prompt fills the model's positions.</exception>
    public async IAsyncEnumerable<LocalPiece> AnswerAsync(
        LocalChat chat,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        Waiting waiting = new(chat, Channel.CreateBounded<LocalPiece>(MostWaiting), ended.Token);
        await _waiting.Writer.WriteAsync(() => Run(waiting), cancellation).ConfigureAwait(false);
        try
        {
            await foreach (LocalPiece piece in waiting.Pieces.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                yield return piece;
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Forgets what is kept under a cache key, after whatever waits already.</summary>
    public void Forget(string key) => _waiting.Writer.TryWrite(() => _generator.Forget(key));

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _waiting.Writer.Complete();
        _worker.GetAwaiter().GetResult();
        _generator.Dispose();
        _model.Dispose();
        _stop.Dispose();
    }

    private void Work()
    {
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_waiting.Reader.TryRead(out Action? next))
            {
                next();
            }
        }
    }

    private void Run(Waiting next)
    {
        try
        {
            Answer(next);
            next.Pieces.Writer.Complete();
        }
        catch (Exception problem)
        {
            // Whatever it is belongs to the one who waits, not to the worker.
            next.Pieces.Writer.Complete(problem);
        }
    }

    private void Answer(Waiting waiting)
    {
        waiting.Cancellation.ThrowIfCancellationRequested();
        int[] prompt = _encoder.Encode(waiting.Chat.Chat);
        if (prompt.Length >= MaxPositions)
        {
            throw new MttException(
                $"the prompt of {prompt.Length} tokens fills the model's {MaxPositions} positions, and nothing in it may leave",
                "Shorten it, or serve with a policy that has a window (--policy)."
            );
        }

        GenerationOptions options = waiting.Chat.Generation with { MaxLength = MaxPositions, StopTokens = _stops };
        TokenText text = new(Rows.Tokenizer);
        FinishReason reason = FinishReason.Length;
        int count = 0;
        foreach (int id in _generator.Generate(waiting.Chat.CacheKey, prompt, options))
        {
            waiting.Cancellation.ThrowIfCancellationRequested();
            count++;
            reason = _stops.Contains(id) ? FinishReason.Stop : FinishReason.Length;
            string added = reason == FinishReason.Stop ? "" : text.Add(id);
            Send(waiting, Piece(added, [id]));
        }

        Send(waiting, Piece(text.Finish(), []) with { Finish = reason });

        LocalPiece Piece(string added, int[] ids) =>
            new(added, ids)
            {
                PromptTokens = prompt.Length,
                ReusedTokens = _generator.Reuse.Reused,
                CompletionTokens = count,
            };
    }

    private static void Send(Waiting waiting, LocalPiece piece)
    {
        if (!waiting.Pieces.Writer.TryWrite(piece))
        {
            waiting.Pieces.Writer.WriteAsync(piece, waiting.Cancellation).AsTask().GetAwaiter().GetResult();
        }
    }

    private sealed record Waiting(LocalChat Chat, Channel<LocalPiece> Pieces, CancellationToken Cancellation);
}

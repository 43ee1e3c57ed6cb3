namespace MultiTurnTrainer.Inference.Local;

/// <summary>A model folder that answers simulated dialogues, a batch at a time.</summary>
public sealed class LocalDialogueModel : IDialogueModel, IDisposable
{
    // Of keys and values between the turns of dialogues.
    private const long CacheBytes = 1L << 30;

    private readonly ChatEncoder _encoder;
    private readonly LocalModel? _owned;
    private readonly Adapter? _adapter;
    private readonly Generator _generator;
    private readonly GenerationOptions _options;
    private readonly PromptCache _cache = new(CacheBytes);

    private LocalDialogueModel(
        ChatEncoder encoder,
        CausalLM model,
        Adapter? adapter,
        GenerationOptions options,
        LocalModel? owned
    )
    {
        (_encoder, _adapter, _owned) = (encoder, adapter, owned);
        _generator = new Generator(model);
        _options = options with { StopTokens = encoder.StopTokens };
        TakesConsecutiveUsers = encoder.ChooseConsecutiveUsers() == ConsecutiveUsers.Keep;
    }

    /// <inheritdoc/>
    public bool TakesConsecutiveUsers { get; }

    /// <summary>How fast it has been so far.</summary>
    public GenerationSpeed Speed => _generator.Speed;

    /// <summary>Loads a folder.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Sampling; the seed is the simulation's, the stop tokens the template's.</param>
    /// <exception cref="Files.MttException">The folder cannot be read.</exception>
    public static LocalDialogueModel Load(LocalModelOptions model, GenerationOptions options)
    {
        ChatEncoder encoder = new(RowModel.Load(model.Folder, model.Rows));
        LocalModel loaded = LocalModel.Load(model);
        return new LocalDialogueModel(encoder, loaded.Model, loaded.Adapter, options, loaded);
    }

    /// <summary>Over a model in memory, which stays the caller's; the weights stay as they are while this is used.</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapter">Laid over it; null for the base alone.</param>
    /// <param name="encoder">Its template and tokenizer.</param>
    /// <param name="options">Sampling.</param>
    public static LocalDialogueModel Over(
        CausalLM model,
        Adapter? adapter,
        ChatEncoder encoder,
        GenerationOptions options
    ) => new(encoder, model, adapter, options, owned: null);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DialogueReply>> ReplyAsync(
        IReadOnlyList<OpenDialogue> dialogues,
        int seed,
        CancellationToken cancellation
    )
    {
        int[][] prompts = [.. dialogues.Select(dialogue => _encoder.Prompt(dialogue.Turns))];
        string[] keys = [.. dialogues.Select(dialogue => dialogue.Id)];
        GenerationOptions seeded = _options with { Seed = unchecked((ulong)seed) };
        IReadOnlyList<Completion> replies = _generator.Generate(
            prompts,
            seeded,
            _adapter,
            firstRow: 0,
            cancellation,
            _cache,
            keys
        );
        return Task.FromResult<IReadOnlyList<DialogueReply>>([
            .. replies.Select(
                (reply, i) =>
                    new DialogueReply(_encoder.Reply(reply.Ids), reply.Ids.Length)
                    {
                        PromptTokens = prompts[i].Length,
                        IsCut = reply.FinishReason == FinishReason.Length,
                    }
            ),
        ]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Dispose();
        _owned?.Dispose();
    }
}

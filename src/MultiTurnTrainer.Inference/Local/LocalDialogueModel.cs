namespace MultiTurnTrainer.Inference.Local;

/// <summary>A model folder that answers simulated dialogues, a batch at a time.</summary>
public sealed class LocalDialogueModel : IDialogueModel, IDisposable
{
    private readonly ChatEncoder _encoder;
    private readonly LocalModel _model;
    private readonly Generator _generator;
    private readonly GenerationOptions _options;

    private LocalDialogueModel(ChatEncoder encoder, LocalModel model, GenerationOptions options)
    {
        _encoder = encoder;
        _model = model;
        _generator = new Generator(model.Model);
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
        return new LocalDialogueModel(encoder, LocalModel.Load(model), options);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DialogueReply>> ReplyAsync(
        IReadOnlyList<IReadOnlyList<ChatTurn>> dialogues,
        int seed,
        CancellationToken cancellation
    )
    {
        int[][] prompts = [.. dialogues.Select(_encoder.Prompt)];
        GenerationOptions seeded = _options with { Seed = unchecked((ulong)seed) };
        IReadOnlyList<Completion> replies = _generator.Generate(prompts, seeded, _model.Adapter, 0, cancellation);
        return Task.FromResult<IReadOnlyList<DialogueReply>>([
            .. replies.Select(reply => new DialogueReply(_encoder.Reply(reply.Ids), reply.Ids.Length)),
        ]);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}

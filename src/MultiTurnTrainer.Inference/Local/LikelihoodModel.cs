namespace MultiTurnTrainer.Inference.Local;

/// <summary>
/// Answers multiple-choice questions without writing: with the letter whose sentence, "The answer is (X)", the model holds likeliest
/// as its reply. A letter beyond a question's options is a wrong answer.
/// </summary>
public sealed class LikelihoodModel : IDialogueModel, IDisposable
{
    private readonly ChatEncoder _encoder;
    private readonly LocalModel _model;
    private readonly Scorer _scorer;
    private readonly int[][] _sentences;

    private LikelihoodModel(RowModel rows, LocalModel model, int letters)
    {
        _encoder = new ChatEncoder(rows);
        _model = model;
        _scorer = new Scorer(model.Model, model.Adapter);
        _sentences =
        [
            .. Enumerable
                .Range(0, letters)
                .Select(letter => rows.Tokenizer.Encode(Sentence(letter), addSpecialTokens: false).Ids.ToArray()),
        ];
        TakesConsecutiveUsers = _encoder.ChooseConsecutiveUsers() == ConsecutiveUsers.Keep;
    }

    /// <inheritdoc/>
    public bool TakesConsecutiveUsers { get; }

    /// <summary>Loads a folder.</summary>
    /// <param name="model">The model.</param>
    /// <param name="letters">How many letters there are to choose from.</param>
    /// <exception cref="MttException">The folder cannot be read.</exception>
    public static LikelihoodModel Load(LocalModelOptions model, int letters) =>
        new(RowModel.Load(model.Folder, model.Rows), LocalModel.Load(model), letters);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DialogueReply>> ReplyAsync(
        IReadOnlyList<OpenDialogue> dialogues,
        int seed,
        CancellationToken cancellation
    ) =>
        Task.FromResult<IReadOnlyList<DialogueReply>>([
            .. dialogues.Select(dialogue => Reply(dialogue.Turns, cancellation)),
        ]);

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private DialogueReply Reply(IReadOnlyList<ChatTurn> turns, CancellationToken cancellation)
    {
        int[] prompt = _encoder.Prompt(turns);
        int best = Enumerable
            .Range(0, _sentences.Length)
            .MaxBy(letter =>
            {
                cancellation.ThrowIfCancellationRequested();
                int[] ids = [.. prompt, .. _sentences[letter]];
                return _scorer.Run(ids, [], null).LogProbs.Skip(prompt.Length).Sum(value => (double)value);
            });
        return new DialogueReply(Sentence(best), 0) { PromptTokens = prompt.Length };
    }

    private static string Sentence(int letter) => $"The answer is ({(char)('A' + letter)})";
}

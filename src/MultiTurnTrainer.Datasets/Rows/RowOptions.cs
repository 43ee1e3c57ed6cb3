using MultiTurnTrainer.Context.Artefacts;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>How conversations become token rows: the <c>rows:</c> section of <c>mtt.yaml</c>.</summary>
public sealed record RowOptions
{
    /// <summary>A chat template file in place of the model's.</summary>
    public string? Template { get; init; }

    /// <summary>Which of the folder's chat templates, where it has several.</summary>
    public string? ChatTemplateName { get; init; }

    /// <summary>Further tokens that end an answer, beside the model's.</summary>
    public IReadOnlyList<string> Eot { get; init; } = [];

    /// <summary>The date that templates with a clock see; null refuses them.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>Template variables of the whole run; a row's own win.</summary>
    public IReadOnlyDictionary<string, JsonView> ChatTemplateKwargs { get; init; } = new Dictionary<string, JsonView>();

    /// <summary>Which side of preference pairs is taken; null refuses them.</summary>
    public PreferenceSide? Preference { get; init; }

    /// <summary>How many times the usual work and memory the template may use on one conversation.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double TemplateBudget { get; init; } = 1;

    /// <summary>Whether assistant messages inside the prompt of prompt/completion and preference rows are supervised too.</summary>
    public bool PromptAnswers { get; init; }

    /// <summary>Whose messages are supervised.</summary>
    public IReadOnlyList<Role> Roles { get; init; } = [Role.Assistant];

    /// <summary>Whether only the last message of these roles is supervised.</summary>
    public bool LastOnly { get; init; }

    /// <summary>
    /// Which parts of a message are supervised; empty means all of it. With parts named, only their own text and the stop
    /// token are supervised, not what the template writes around them.
    /// </summary>
    public IReadOnlyList<MessageField> Fields { get; init; } = [];

    /// <summary>
    /// Whether every answer is trained in the context that it really meets: answers whose prompt the template would
    /// render differently inside the whole conversation get a row of their own.
    /// </summary>
    public bool ExpandTurns { get; init; }

    /// <summary>Whether prompt and answer are tokenized apart, as a server does.</summary>
    public bool SplitAtBoundary { get; init; } = true;

    /// <summary>Most tokens of a row; null for no limit.</summary>
    [Range(1, int.MaxValue)]
    public int? MaxLength { get; init; }

    /// <summary>What happens to longer rows.</summary>
    public TruncationMode Truncation { get; init; } = TruncationMode.Turns;

    /// <summary>Whether a refused row is left out and counted; otherwise the run fails.</summary>
    public bool SkipRefused { get; init; }

    /// <summary>Whether an answer that the template does not render is left out of the loss, and counted; otherwise its conversation is refused.</summary>
    public bool DropUnrenderedAnswers { get; init; }

    /// <summary>Threads that build rows; null for as many as there are processors. No row depends on it.</summary>
    [Range(1, 256)]
    public int? Threads { get; init; }

    private ContextPolicy? _policy;
    private IArtefacts? _artefacts;

    /// <summary>The context policy that shapes the rows; null takes conversations as they are.</summary>
    public ContextPolicy? Policy => _policy;

    /// <summary>The same options under a context policy. It has a section of its own, so it is no setting of this one.</summary>
    /// <param name="policy">The policy; null for none.</param>
    /// <param name="artefacts">What models made for it; null where nothing is on record.</param>
    public RowOptions Under(ContextPolicy? policy, IArtefacts? artefacts = null)
    {
        RowOptions options = this with { };
        options._policy = policy;
        options._artefacts = artefacts;
        return options;
    }

    /// <summary>What models made for the policy.</summary>
    public IArtefacts? Artefacts => _artefacts;

    /// <summary>How rows of other formats become conversations.</summary>
    public ConversionOptions Conversion => new() { PromptAnswers = PromptAnswers, Preference = Preference };

    /// <summary>What shapes the rows and is not as by default, with the names of <c>mtt.yaml</c>; a template by its hash.</summary>
    public JsonFields Described()
    {
        JsonView all = SettingsJson.Of(this with { Template = null, Now = null, Threads = null });
        JsonFields json = new(all);
        foreach (JsonMember plain in SettingsJson.Of(new RowOptions()).EnumerateObject())
        {
            if (JsonView.DeepEquals(plain.Value, all.GetProperty(plain.Name)))
            {
                json.Remove(plain.Name);
            }
        }

        if (Policy is not null)
        {
            json["context_policy"] = PolicyFingerprint.Of(Policy);
        }

        if (Template is not null)
        {
            json["template_sha256"] = ContentHash.OfFile(Template);
        }

        return json;
    }
}

using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Rules;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation;

/// <summary>Every rule, by code.</summary>
public static class Catalogue
{
    // Besides these there are the rules that look at the model or the service that the data is for.
    private static readonly Func<Rule>[] _makers =
    [
        () => new JsonSyntax(),
        () => new DuplicateKey(),
        () => new ByteOrderMark(),
        () => new CarriageReturn(),
        () => new NulCharacter(),
        () => new LoneSurrogate(),
        () => new InvalidUtf8(),
        () => new RowTooLong(),
        () => new NestedTooDeep(),
        () => new NumberOutOfRange(),
        () => new BlankLine(),
        () => new EmptyFile(),
        () => new CutOff(),
        () => new Unreadable(),
        () => new CsvSyntax(),
        () => new NotAConversation(),
        () => new MissingKey(),
        () => new UnknownKey(),
        () => new UnknownRole(),
        () => new ContentType(),
        () => new EmptyContent(),
        () => new AssistantEmpty(),
        () => new MixedContentTypes(),
        () => new UnsupportedPart(),
        () => new WeightOutOfRange(),
        () => new WeightIgnored(),
        () => new UnknownRowKey(),
        () => new NoMessages(),
        () => new MixedFormats(),
        () => new TemplateVariable(),
        () => new SystemNotFirst(),
        () => new RepeatedRole(),
        () => new TrailingUser(),
        () => new AssistantFirst(),
        () => new NoAssistant(),
        () => new NothingSupervised(),
        () => new ResultWithoutCall(),
        () => new CallWithoutResult(),
        () => new CallIdRepeated(),
        () => new ArgumentsNotJson(),
        () => new ArgumentsSchema(),
        () => new UndeclaredTool(),
        () => new ToolMalformed(),
        () => new ToolInconsistent(),
        () => new NullPollution(),
        () => new CallMalformed(),
        () => new MailAddress(),
        () => new PhoneNumber(),
        () => new SecretKey(),
        () => new Rules.Refusal(),
        () => new LanguageSwitch(),
        () => new Placeholder(),
        () => new ReplacementCharacter(),
        () => new UndesiredAnswer(),
        () => new ThinkUnclosed(),
        () => new Duplicate(),
        () => new NearDuplicate(),
        () => new ConversationPrefix(),
        () => new Leakage(),
        () => new IdRepeated(),
        () => new IdenticalSides(),
        () => new MissingFork(),
        () => new ContradictsWeights(),
        () => new OneSided(),
    ];

    private static readonly Dictionary<string, RuleInfo> _byCode = Create(null)
        .Select(rule => rule.Info)
        .ToDictionary(info => info.Code, StringComparer.OrdinalIgnoreCase);

    /// <summary>The entries, in the order of their codes.</summary>
    public static IReadOnlyList<RuleInfo> All { get; } =
    [.. _byCode.Values.OrderBy(info => info.Code, StringComparer.Ordinal)];

    private static readonly Dictionary<string, int> _index = All.Select((info, index) => (info.Code, index))
        .ToDictionary(pair => pair.Code, pair => pair.index, StringComparer.Ordinal);

    /// <summary>An entry by its code or its name, in any case; null when there is none.</summary>
    public static RuleInfo? Find(string codeOrName) =>
        _byCode.GetValueOrDefault(codeOrName)
        ?? All.FirstOrDefault(info => info.Name.Equals(codeOrName, StringComparison.OrdinalIgnoreCase));

    /// <summary>The place of a code in <see cref="All"/>.</summary>
    internal static int IndexOf(string code) => _index[code];

    /// <summary>The entry of a code that is known to exist.</summary>
    internal static RuleInfo Get(string code) => _byCode[code];

    /// <summary>Fresh rules for one run.</summary>
    /// <param name="model">The model that the data is for; null for none.</param>
    /// <param name="target">The service that the files are for; null for none.</param>
    /// <param name="evaluation">Which files are for evaluation.</param>
    internal static Rule[] Create(
        IModelLimits? model,
        ProviderTarget? target = null,
        IReadOnlyList<string>? evaluation = null
    ) =>
        [
            .. _makers.Select(make => make()),
            new ControlToken(model),
            new TooLong(model),
            new TargetFile(target, evaluation ?? []),
            new TargetRows(target, evaluation ?? []),
            new TargetKey(target),
            new TargetMessage(target),
            new TargetWeight(target),
            new TargetTool(target),
            new TargetLength(target, model),
        ];
}

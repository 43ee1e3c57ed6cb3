using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>
/// The flags that say how conversations are rendered and become token rows, laid over <c>rows:</c> of the settings. Every
/// command that renders has the first five; what else it has follows from its <see cref="RowUse"/>.
/// </summary>
internal sealed class RowFlags
{
    private static readonly Dictionary<string, MessageField> _fields = new(StringComparer.Ordinal)
    {
        ["content"] = MessageField.Content,
        ["reasoning"] = MessageField.Reasoning,
        ["call-name"] = MessageField.CallName,
        ["call-arguments"] = MessageField.CallArguments,
    };

    private readonly Option<string?> _template = new("--template")
    {
        Description = "A chat template in place of the model's.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _templateName = CommonOptions.TemplateName();
    private readonly Option<string[]> _eot = CommonOptions.StopTokens();
    private readonly Option<string?> _now = new("--now")
    {
        Description = "The date that templates with a clock print, such as 2026-01-15; today when not given.",
        HelpName = "DATE",
    };
    private readonly Option<string?> _variables = new("--chat-template-kwargs")
    {
        Description = "Template variables for the whole run, such as '{\"enable_thinking\": false}'; a row's own win.",
        HelpName = "JSON",
    };
    private readonly Option<string?> _preference = CommonOptions.Preference();
    private readonly Option<double?> _budget = new Option<double?>("--template-budget")
    {
        Description =
            "How many times the usual work and memory the template may use on one conversation (default 1: about a second, 512 MB).",
        HelpName = "FACTOR",
    }.AtLeast(NumberBounds.AboveZero);
    private readonly Option<string[]> _roles = new("--roles")
    {
        Description = "Whose messages are supervised: assistant (default), user, tool, system, developer.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<bool> _last = new("--last") { Description = "Learn only the last message of these roles." };
    private readonly Option<string[]> _parts = new("--fields")
    {
        Description = "Learn only these parts: content, reasoning, call-name, call-arguments.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<bool> _promptAnswers = new("--prompt-answers")
    {
        Description = "Learn the answers inside the prompt of prompt/completion and preference rows too.",
    };
    private readonly Option<bool> _expand = new("--expand-turns")
    {
        Description = "Give every answer the context it will meet, where the template rewrites the history.",
    };
    private readonly Option<bool> _dropUnrendered = new("--drop-unrendered-answers")
    {
        Description = "Leave out answers that the template does not render, not their whole conversation.",
    };
    private readonly Option<string?> _boundary = new("--prompt-boundary")
    {
        Description = "Tokenize prompt and answer apart, as a server does (split, default), or together (merged).",
    };
    private readonly Option<int?> _maxLength = new Option<int?>("--max-length")
    {
        Description = "Most tokens of a row.",
    }.AtLeast(1);
    private readonly Option<string?> _truncate = new("--truncate")
    {
        Description =
            "Longer rows lose whole turns, the oldest first (turns, default), are left out (drop), or stop the run (error).",
    };
    private readonly Option<string?> _policy = CommonOptions.Policy();
    private readonly Option<bool> _skip = new("--skip-refused")
    {
        Description = "Leave out conversations that cannot be masked, and count them, instead of failing.",
    };

    private readonly SettingsOptions _settings;
    private readonly bool _ownSettings;
    private readonly RowUse _use;

    /// <summary>The flags.</summary>
    /// <param name="use">What the command does with conversations.</param>
    /// <param name="settings">The command's own options for settings, which it adds itself; null where it has none.</param>
    public RowFlags(RowUse use = RowUse.Rows, SettingsOptions? settings = null)
    {
        _use = use;
        _ownSettings = settings is null;
        _settings = settings ?? new SettingsOptions();
        _settings
            .Shows(_template, "rows.template")
            .Shows(_templateName, "rows.chat_template_name")
            .Shows(_eot, "rows.eot")
            .Shows(_now, "rows.now")
            .Shows(_variables, "rows.chat_template_kwargs", json => json)
            .Shows(_preference, "rows.preference")
            .Shows(_budget, "rows.template_budget")
            .Shows(_roles, "rows.roles")
            .Shows(_last, "rows.last_only")
            .Shows(_parts, "rows.fields")
            .Shows(_promptAnswers, "rows.prompt_answers")
            .Shows(_expand, "rows.expand_turns")
            .Shows(_dropUnrendered, "rows.drop_unrendered_answers")
            .Shows(_boundary, "rows.split_at_boundary", word => word == "split" ? "true" : "false")
            .Shows(_maxLength, "rows.max_length")
            .Shows(_truncate, "rows.truncation")
            .Shows(_skip, "rows.skip_refused");
        _boundary.AcceptOnlyFromAmong("split", "merged");
        _truncate.AcceptOnlyFromAmong("turns", "drop", "error");
    }

    public void AddTo(Command command)
    {
        (RowUse Use, Option[] Options)[] flags =
        [
            (RowUse.Rendering, [_template, _templateName, _eot, _now, _variables, _budget]),
            (RowUse.Reading, [_preference]),
            (RowUse.Targets, [_promptAnswers]),
            (RowUse.Masks, [_roles, _last, _parts]),
            (RowUse.Effects, [_dropUnrendered]),
            (RowUse.Building, [_expand, _boundary, _maxLength, _truncate, _skip, _policy]),
        ];
        foreach (Option option in flags.Where(flag => _use.HasFlag(flag.Use)).SelectMany(flag => flag.Options))
        {
            command.Add(option);
        }

        if (_ownSettings)
        {
            _settings.AddTo(command);
        }
    }

    public RowOptions Read(ParseResult parsed) => Read(parsed, _settings.Load(parsed));

    public RowOptions Read(ParseResult parsed, SettingsFile file)
    {
        RowOptions settings = file.Section<RowOptions>("rows");
        string[] eot = parsed.GetValue(_eot) ?? [];
        string? now = parsed.GetValue(_now);
        RowOptions options = settings with
        {
            Template = parsed.GetValue(_template) ?? settings.Template,
            ChatTemplateName = parsed.GetValue(_templateName) ?? settings.ChatTemplateName,
            Eot = eot.Length > 0 ? eot : settings.Eot,
            Now = now is null && settings.Now is not null ? settings.Now : CommonOptions.ReadNow(now),
            ChatTemplateKwargs = VariablesReader.Overlay(
                settings.ChatTemplateKwargs,
                "rows.chat_template_kwargs",
                parsed.GetValue(_variables),
                _variables.Name
            ),
            Preference = ValidateCommand.Side(parsed.GetValue(_preference)) ?? settings.Preference,
            TemplateBudget = parsed.GetValue(_budget) ?? settings.TemplateBudget,
        };
        ContextPolicy? policy = _use.HasFlag(RowUse.Building) ? file.Policy(parsed.GetValue(_policy)) : null;
        return Rows(parsed, options).Under(policy, ArtefactOptions.Recorded(policy, file));
    }

    // A flag that the command does not have has no value.
    private RowOptions Rows(ParseResult parsed, RowOptions settings)
    {
        Role[] roles = Values("--roles", parsed.GetValue(_roles), Roles.Canonical, Roles.Parse);
        MessageField[] fields = Values("--fields", parsed.GetValue(_parts), [.. _fields.Keys], name => _fields[name]);
        RowOptions options = settings with
        {
            Roles = roles.Length > 0 ? roles : settings.Roles,
            Fields = fields.Length > 0 ? fields : settings.Fields,
            LastOnly = parsed.GetValue(_last) || settings.LastOnly,
            PromptAnswers = parsed.GetValue(_promptAnswers) || settings.PromptAnswers,
            DropUnrenderedAnswers = parsed.GetValue(_dropUnrendered) || settings.DropUnrenderedAnswers,
            ExpandTurns = parsed.GetValue(_expand) || settings.ExpandTurns,
            SplitAtBoundary = parsed.GetValue(_boundary) is { } boundary
                ? boundary == "split"
                : settings.SplitAtBoundary,
            MaxLength = parsed.GetValue(_maxLength) ?? settings.MaxLength,
            Truncation = parsed.GetValue(_truncate) is { } mode
                ? Enum.Parse<TruncationMode>(mode, ignoreCase: true)
                : settings.Truncation,
            SkipRefused = parsed.GetValue(_skip) || settings.SkipRefused,
        };
        return
            options.Roles.Count > 0
            && !options.Roles.Contains(Role.Unknown)
            && options.Fields.All(_fields.ContainsValue)
            ? options
            : throw new MttException(
                "rows.roles or rows.fields names what no message has",
                $"Roles: {string.Join(", ", Roles.Canonical)}. Fields: {string.Join(", ", _fields.Keys)}."
            );
    }

    private static T[] Values<T>(string option, string[]? given, IReadOnlyList<string> known, Func<string, T> read)
    {
        List<T> values = [];
        foreach (
            string name in (given ?? []).SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        )
        {
            values.Add(
                known.Contains(name)
                    ? read(name)
                    : throw new MttException($"{option} {name}: is not known", $"One of {string.Join(", ", known)}.")
            );
        }

        return [.. values.Distinct()];
    }
}

/// <summary>What a command does with conversations, and so which flags it has.</summary>
[Flags]
internal enum RowUse
{
    /// <summary>It renders.</summary>
    Rendering = 1,

    /// <summary>It reads conversations in every format.</summary>
    Reading = 2,

    /// <summary>It asks which answers are to be supervised.</summary>
    Targets = 4,

    /// <summary>It shows or counts what is supervised.</summary>
    Masks = 8,

    /// <summary>It says what the template does, or refuses what it loses.</summary>
    Effects = 16,

    /// <summary>It makes rows of its own.</summary>
    Building = 32,

    /// <summary>It says what rows would be made, and makes none.</summary>
    Report = Rendering | Reading | Targets | Masks | Effects,

    /// <summary>All of these.</summary>
    Rows = Report | Building,
}

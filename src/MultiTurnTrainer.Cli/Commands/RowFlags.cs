using System.CommandLine;
using MultiTurnTrainer.Context.Truncation;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The flags that say how conversations become token rows; <c>mask</c> and <c>inspect</c> share them.</summary>
internal sealed class RowFlags
{
    private static readonly Dictionary<string, MessageField> _fields = new(StringComparer.Ordinal)
    {
        ["content"] = MessageField.Content,
        ["reasoning"] = MessageField.Reasoning,
        ["call-name"] = MessageField.CallName,
        ["call-arguments"] = MessageField.CallArguments,
    };

    private readonly Option<string> _model = CommonOptions.Model("Model folder: its tokenizer and chat template.");
    private readonly Option<string?> _template = CommonOptions.Template();
    private readonly Option<string?> _templateName = new("--chat-template-name")
    {
        Description = "Which of the folder's chat templates, where it has several.",
        HelpName = "NAME",
    };
    private readonly Option<string[]> _eot = CommonOptions.StopTokens();
    private readonly Option<string?> _now = CommonOptions.Now();
    private readonly Option<string[]> _roles = new("--roles")
    {
        Description = "Whose messages are supervised: assistant, user, tool, system, developer.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["assistant"],
    };
    private readonly Option<bool> _last = new("--last") { Description = "Learn only the last message of these roles." };
    private readonly Option<string[]> _parts = new("--fields")
    {
        Description = "Learn only these parts: content, reasoning, call-name, call-arguments.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<bool> _expand = new("--expand-turns")
    {
        Description = "Give every answer the context it will meet, where the template rewrites the history.",
    };
    private readonly Option<bool> _dropUnrendered = new("--drop-unrendered-answers")
    {
        Description = "Leave out answers that the template does not render, not their whole conversation.",
    };
    private readonly Option<string> _boundary = new("--prompt-boundary")
    {
        Description = "Tokenize prompt and answer apart, as a server does (split), or together (merged).",
        DefaultValueFactory = _ => "split",
    };
    private readonly Option<int?> _maxLength = new("--max-length") { Description = "Most tokens of a row." };
    private readonly Option<string> _truncate = new("--truncate")
    {
        Description =
            "Longer rows lose whole turns, the oldest first (turns), are left out (drop), or stop the run (error).",
        DefaultValueFactory = _ => "turns",
    };

    public RowFlags()
    {
        _boundary.AcceptOnlyFromAmong("split", "merged");
        _truncate.AcceptOnlyFromAmong("turns", "drop", "error");
    }

    public string Model(ParseResult parsed) => parsed.GetValue(_model)!;

    public string? Template(ParseResult parsed) => parsed.GetValue(_template);

    public void AddTo(Command command)
    {
        foreach (
            Option option in (Option[])
                [
                    _model,
                    _template,
                    _templateName,
                    _eot,
                    _now,
                    _roles,
                    _last,
                    _parts,
                    _expand,
                    _dropUnrendered,
                    _boundary,
                    _maxLength,
                    _truncate,
                ]
        )
        {
            command.Add(option);
        }
    }

    public RowModel LoadModel(ParseResult parsed) =>
        RowModel.Load(Model(parsed), Template(parsed), parsed.GetValue(_eot) ?? [], parsed.GetValue(_templateName));

    public RowOptions Read(ParseResult parsed)
    {
        int? maxLength = parsed.GetValue(_maxLength);
        return maxLength is <= 0
            ? throw new MttException(
                $"--max-length {maxLength}: a row needs at least one token",
                "Give a number above 0."
            )
            : new RowOptions
            {
                Roles = Values("--roles", parsed.GetValue(_roles), Roles.Canonical, Roles.Parse),
                Fields = Values("--fields", parsed.GetValue(_parts), [.. _fields.Keys], name => _fields[name]),
                LastOnly = parsed.GetValue(_last),
                ExpandTurns = parsed.GetValue(_expand),
                DropUnrenderedAnswers = parsed.GetValue(_dropUnrendered),
                SplitAtBoundary = parsed.GetValue(_boundary) == "split",
                MaxLength = maxLength,
                Truncation = Enum.Parse<TruncationMode>(parsed.GetValue(_truncate)!, ignoreCase: true),
                Now = CommonOptions.ReadNow(parsed.GetValue(_now)),
            };
    }

    private static HashSet<T> Values<T>(
        string option,
        string[]? given,
        IReadOnlyList<string> known,
        Func<string, T> read
    )
    {
        HashSet<T> values = [];
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

        return values;
    }
}

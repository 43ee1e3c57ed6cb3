using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt sessions</c>: what <c>mtt serve</c> and <c>mtt chat</c> keep.</summary>
internal static class SessionsCommand
{
    private const string _help = """
        List, read, copy, export and erase the sessions of mtt serve and mtt chat.

        Examples:
          mtt sessions list
          mtt sessions show ID                                  what was said, and what became of each turn
          mtt sessions replay ID --at 12                        the session as it was at version 12
          mtt sessions replay ID --model model --policy support     are the prompts that were sent the prompts of today?
          mtt sessions export --output chat.jsonl               conversations for mtt validate, clean, prepare, parity
          mtt sessions export --pairs --output pairs.jsonl      answers made anew, edited or forked, as preference pairs
          mtt sessions export --redact --output chat.jsonl      without mail addresses, telephone numbers and keys
          mtt sessions evidence ID --output ID.evidence.jsonl --key key.pem     for an auditor; mtt sessions verify FILE
          mtt sessions export --log --output log.jsonl          whole logs; mtt sessions import log.jsonl
          mtt sessions top --by growth                          which sessions grew
          mtt sessions stats                                    one outlier, or all of them
          mtt sessions mark ID resolved
          mtt sessions fork ID --at 12
          mtt sessions delete ID                                its words are then in no file of the store
          mtt sessions gc --older-than 90
          mtt sessions backup --output copy.db                  while the server runs; to restore, name the copy as the store
          mtt sessions migrate --to postgres://me@localhost/mtt     all tenants; again: what is new
          mtt sessions key                                      a key for a tenant, and the line for mtt.yaml
        """;

    private static readonly Option<string?> _store = new("--store")
    {
        Description = "Where sessions are kept; default: a file in the user's data folder.",
        HelpName = "sqlite:FILE|postgres://…|memory",
        Recursive = true,
    };

    private static readonly Option<string?> _hot = new("--hot")
    {
        Description = "The Redis server before the store, so that what is erased is erased there too.",
        HelpName = "redis://…",
        Recursive = true,
    };

    private static readonly Option<string> _tenant = new("--tenant")
    {
        Description = "Whose sessions.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "local",
        Recursive = true,
    };

    private static readonly SettingsOptions _settings = new();

    public static Command Create()
    {
        Command command = new("sessions", _help) { _store, _hot, _tenant };
        _settings.AddTo(command);
        _settings.Config.Recursive = _settings.Set.Recursive = _settings.Print.Recursive = true;
        Command[] subcommands =
        [
            .. SessionReadCommands.Create(),
            .. SessionTriageCommands.Create(),
            .. SessionEvidenceCommands.Create(),
            .. SessionChangeCommands.Create(),
        ];
        foreach (Command subcommand in subcommands)
        {
            command.Add(subcommand);
        }

        return command;
    }

    /// <summary>The settings file.</summary>
    public static SettingsFile LoadSettings(ParseResult parsed) => _settings.Load(parsed);

    /// <summary>The section <c>sessions:</c>.</summary>
    public static SessionsSettings Section(ParseResult parsed) =>
        LoadSettings(parsed).Section<SessionsSettings>("sessions");

    /// <summary>The tenant that the sessions belong to.</summary>
    public static string Tenant(ParseResult parsed) => parsed.GetValue(_tenant)!;

    /// <summary>Opens the store and does something with its sessions; what a session refuses becomes an error for people.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="work">What is done.</param>
    /// <param name="begins">Whether a store is begun where there is none.</param>
    /// <exception cref="MttException">There is no store, no such session, or the session refuses.</exception>
    public static async Task<int> WithLogAsync(
        ParseResult parsed,
        Func<SessionLog, Task<int>> work,
        bool begins = false
    )
    {
        SessionStoreSettings settings = Section(parsed).Store;
        string? named = parsed.GetValue(_store);
        if (!begins && SessionStores.FileOf(settings, named) is { } path && !File.Exists(path))
        {
            throw new MttException(
                $"{path}: there is no store",
                "mtt serve, mtt chat and mtt sessions import begin one; name another with --store sqlite:FILE."
            );
        }

        await using ISessionStore store = SessionStores.Open(settings, named, parsed.GetValue(_hot), isServer: false);
        try
        {
            return await work(new SessionLog(store, TimeProvider.System));
        }
        catch (SessionException problem)
        {
            throw new MttException(
                $"{store.Place}: {problem.Message}",
                "mtt sessions list names the sessions; --tenant says whose.",
                problem
            );
        }
    }
}

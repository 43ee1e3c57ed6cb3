using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt push</c>: an adapter or a model to the hub, with a card.</summary>
internal static class PushCommand
{
    private const string _help = """
        Push an adapter or a merged model to the HuggingFace hub as one commit, with a model card.

        Examples:
          mtt push out/adapter me/support-bot --private
          mtt push merged me/support-bot-merged --base-id Qwen/Qwen3-0.6B --license apache-2.0
          mtt push out/adapter me/support-bot --create-pr --message "second round"
          mtt push out/adapter me/support-bot --card-only > README.md

        The card says what it was made from: the base and its commit, hashes of the data, how conversations became rows, training
        settings, metrics, licence. A README.md in the folder is sent as it is. Sent are weights, configuration, tokenizer and
        templates; checkpoints and logs stay here. HF_TOKEN must hold a token that may write.
        """;

    private static readonly Argument<string> _folder = new("FOLDER")
    {
        Description = "What mtt train or mtt merge wrote.",
    };
    private static readonly Argument<string> _name = new("NAME") { Description = "The repository: org/name[@branch]." };
    private static readonly Option<string?> _baseId = new("--base-id")
    {
        Description = "The base's name on the hub; default: what the folder knows.",
        HelpName = "NAME",
    };
    private static readonly Option<string?> _licence = new("--license")
    {
        Description = "The licence, such as apache-2.0; default: the base's on the hub.",
        HelpName = "NAME",
    };
    private static readonly Option<string> _message = new("--message")
    {
        Description = "The commit's message.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => "Upload with mtt",
    };
    private static readonly Option<bool> _private = new("--private") { Description = "Make a new repository private." };
    private static readonly Option<bool> _pullRequest = new("--create-pr")
    {
        Description = "Open a pull request instead of a commit.",
    };
    private static readonly Option<bool> _cardOnly = new("--card-only")
    {
        Description = "Print the card and push nothing.",
    };

    public static Command Create()
    {
        Command command = new("push", _help)
        {
            _folder,
            _name,
            _baseId,
            _licence,
            _message,
            _private,
            _pullRequest,
            _cardOnly,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string folder = parsed.GetValue(_folder)!;
        string text = parsed.GetValue(_name)!;
        HubName name =
            HubName.TryParseModel(text)
            ?? throw new MttException($"{text}: is no name of a repository on the hub", "Write org/name.");
        ModelCard card = PushedFolder.Describe(folder, name.Id, parsed.GetValue(_baseId)) with
        {
            Licence = parsed.GetValue(_licence),
        };
        if (parsed.GetValue(_cardOnly))
        {
            Console.Out.Write(card.Write());
            return ExitCode.Done;
        }

        UploadOptions options = new(parsed.GetValue(_message)!)
        {
            Private = parsed.GetValue(_private),
            PullRequest = parsed.GetValue(_pullRequest),
        };
        using DownloadProgress progress = new();
        HubSettings settings = HubSettings.FromEnvironment(Environment.GetEnvironmentVariable);
        using HubUpload upload = new(settings, progress, TimeProvider.System);
        Console.Out.WriteLine(PushedFolder.Push(upload, folder, name, card, options));
        return ExitCode.Done;
    }
}

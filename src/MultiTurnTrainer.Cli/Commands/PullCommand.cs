using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt pull</c>: brings a model, an adapter or data of the hub into the cache.</summary>
internal static class PullCommand
{
    private const string _help = """
        Fetch a model, an adapter or data from the HuggingFace hub, and print where it is.

        Examples:
          mtt pull HuggingFaceTB/SmolLM2-135M-Instruct
          mtt pull Qwen/Qwen3-0.6B@main --only tokenizer
          mtt pull someone/an-adapter --only adapter
          mtt pull hf://datasets/org/chats/default:train

        Files lie in the cache that transformers uses too (HF_HOME, HF_HUB_CACHE), so nothing is fetched twice; only
        safetensors, configuration, tokenizer and templates are taken, and pickled weights never. An interrupted
        download goes on where it stopped, sizes and hashes are checked. Every --model, --adapter, --train and INPUT takes
        such names too. HF_TOKEN is sent to the hub's own host alone; HF_ENDPOINT names a mirror, HF_HUB_OFFLINE=1 asks nothing of
        the network.
        """;

    private static readonly Argument<string> _name = new("NAME")
    {
        Description = "org/name[@revision], or hf://datasets/org/name[@revision][/config][:split].",
    };
    private static readonly Option<string> _only = CommonOptions.Choice(
        "--only",
        "What of a model is fetched.",
        "weights",
        "weights",
        "tokenizer",
        "adapter"
    );

    public static Command Create()
    {
        Command command = new("pull", _help) { _name, _only };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string name = parsed.GetValue(_name)!;
        string[] places = DatasetName.IsOne(name)
            ? RemoteInputs.Files([name])
            :
            [
                RemoteInputs.Folder(
                    RequireName(name),
                    Enum.Parse<ModelNeed>(parsed.GetValue(_only)!, ignoreCase: true)
                ),
            ];
        foreach (string place in places)
        {
            Console.Out.WriteLine(place);
        }

        return ExitCode.Done;
    }

    private static string RequireName(string name) =>
        HubName.TryParseModel(name) is null || Directory.Exists(name)
            ? throw new MttException(
                $"{name}: is no name of a repository on the hub{(Directory.Exists(name) ? ", it is a folder here" : "")}",
                "Write org/name, org/name@revision, hf://name or hf://datasets/org/name."
            )
            : name;
}

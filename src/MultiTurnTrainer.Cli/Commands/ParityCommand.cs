using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt parity</c>: whether training rows and served prompts are the same tokens.</summary>
internal static class ParityCommand
{
    private const int MostShown = 10;

    private const string _help = """
        Replay recorded sessions the way of training and the way of serving, and compare the prompts token by token.

        Examples:
          mtt parity sessions/demo.jsonl --policy support --model qwen3
          mtt parity chat.jsonl --model qwen3                   the policy of mtt.yaml

        The first difference of a call is printed with what it belongs to; the exit code is 1 where there is one.
        """;

    private static readonly Argument<string[]> _inputs = new("SESSION")
    {
        Description = "Recorded sessions or conversations.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> _model = CommonOptions.Model(RowText.ModelNeeds);

    public static Command Create()
    {
        RowFlags rows = new();
        Command command = new("parity", _help) { _inputs, _model };
        rows.AddTo(command);
        command.SetAction(parsed => Run(parsed, rows.Read(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed, RowOptions options)
    {
        RowModel model = RowModel.Load(RemoteInputs.Folder(parsed.GetValue(_model)!, ModelNeed.Tokenizer), options);
        PolicyModel policy = new(options.Policy ?? new ContextPolicy(), model) { Artefacts = options.Artefacts };
        ContextParity parity = new(policy, options.Under(null));
        long shown = 0;
        foreach (
            Conversation conversation in RemoteInputs
                .Files(parsed.GetValue(_inputs)!)
                .SelectMany(path => ConversationReader.Read(path))
        )
        {
            foreach (ParityDifference difference in parity.Compare(conversation).Where(_ => shown++ < MostShown))
            {
                Console.Error.WriteLine(
                    Invariant(
                        $"{difference.Place}: messages[{difference.Call}]: token {difference.Token}, in {difference.Item}: trained \"{difference.Trained}\", served \"{difference.Served}\""
                    )
                );
            }
        }

        string untrained =
            parity.Untrained == 0
                ? ""
                : $" ({Counted.Of(parity.Untrained, "answer has", "answers have")} no training row)";
        string recorded =
            parity.Recorded == 0 ? "" : Invariant($", {parity.Recorded:N0} of them as a server had recorded them");
        Console.Error.WriteLine(
            Invariant($"ids equal at {parity.Equal:N0}/{parity.Compared:N0} calls{recorded}{untrained}")
        );
        return parity.Equal == parity.Compared ? ExitCode.Done : ExitCode.Findings;
    }
}

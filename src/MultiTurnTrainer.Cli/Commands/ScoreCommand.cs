using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt score</c>: log-probabilities of token rows under a model and an adapter.</summary>
internal static class ScoreCommand
{
    private const string _help = """
        Score token rows: the log-probability of every token given those before it, and the loss over labelled ones.

        Examples:
          mtt score rows.jsonl --model Qwen3-0.6B
          mtt score chats.jsonl --model Qwen3-0.6B --adapter out/adapter
          mtt score rows.parquet --model Qwen3-0.6B --adapter out/adapter > scores.jsonl
          mtt score rows.jsonl --model tiny --logits logits.safetensors --dtype float32

        Rows are what mtt mask writes; {"input_ids"} alone is enough, every token counts then. Conversations are masked on
        the way, so that the loss is over the assistant's words. Per row one line:
        {"id", "logprobs", "loss", "supervised_tokens"}; logprobs[t] belongs to input_ids[t], the first is 0; the loss
        is the mean over labels, "weighted_loss" stands beside it where the row has loss_weights.
        """;

    public static Command Create()
    {
        Argument<string> input = new("INPUT") { Description = "Token rows (.jsonl, .parquet) or conversations." };
        Option<string?> logits = new("--logits")
        {
            Description = "Also write all logits: one tensor [tokens, vocabulary] a row, named by its id.",
            HelpName = "FILE.safetensors",
        };
        Option<bool> force = CommonOptions.Force();
        ModelOptions options = new();
        Command command = new("score", _help) { input, logits, force };
        options.AddTo(command);
        command.SetAction(parsed =>
            Run(parsed.GetValue(input)!, parsed.GetValue(logits), parsed.GetValue(force), parsed, options)
        );
        return command;
    }

    private static int Run(string input, string? logits, bool force, ParseResult parsed, ModelOptions options)
    {
        IEnumerable<(string Id, TokenRow Row)> rows = Rows(input, options.Folder(parsed))
            .Select((row, i) => (row.Id ?? i.ToString(CultureInfo.InvariantCulture), row));
        using CausalLM model = options.Load(parsed);
        using LoraAdapter? adapter = options.LoadAdapter(parsed, model);
        Scorer scorer = new(model, adapter);
        using Stream output = Console.OpenStandardOutput();
        ScoreTotals totals = new();
        if (logits is null)
        {
            foreach ((string id, TokenRow row) in rows)
            {
                Write(output, id, Score(scorer, id, row), totals);
            }

            RequireAny(totals.Rows, input);
        }
        else
        {
            List<(string Id, TokenRow Row)> all = [.. rows];
            RequireAny(all.Count, input);
            Score[] scores = WriteLogits(logits, force, all, model, scorer);
            for (int i = 0; i < scores.Length; i++)
            {
                Write(output, all[i].Id, scores[i], totals);
            }
        }

        Console.Error.WriteLine(totals.Text);
        return ExitCode.Done;
    }

    /// <summary>Token rows as they are, conversations as <c>mtt mask</c> would make rows of them.</summary>
    private static IEnumerable<TokenRow> Rows(string input, string model)
    {
        bool conversations = File.Exists(input) && new FileInfo(input).Length > 0 && !TokenRowReader.IsTokenRows(input);
        return conversations
            ? new RowRun(RowModel.Load(model, null, []), new RowOptions { Now = CommonOptions.ReadNow(null) }).Read([
                input,
            ])
            : TokenRowReader.Read(input, labelsOptional: true);
    }

    private static void RequireAny(long rows, string input)
    {
        if (rows == 0)
        {
            throw new MttException($"{input}: holds no row", "Check that what wrote it has finished.");
        }
    }

    private static Score Score(Scorer scorer, string id, TokenRow row, Action<ReadOnlyMemory<float>>? onLogits = null)
    {
        try
        {
            return scorer.Run(row.InputIds, row.Labels, row.LossWeights, onLogits);
        }
        catch (MttException problem)
        {
            throw new MttException($"row '{id}': {problem.Message}", problem.Remedy, problem);
        }
    }

    /// <summary>Scores while the file is written: a row's logits exist only while they go to the disk.</summary>
    private static Score[] WriteLogits(
        string path,
        bool force,
        List<(string Id, TokenRow Row)> rows,
        CausalLM model,
        Scorer scorer
    )
    {
        if (rows.GroupBy(row => row.Id).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new MttException(
                $"two rows have the id '{twice.Key}', and logits are named by it",
                "Give each row an id of its own, or none."
            );
        }

        Score[] scores = new Score[rows.Count];
        IEnumerable<SafetensorsPiece> pieces = rows.Select(
            (entry, i) =>
                new SafetensorsPiece(
                    entry.Id,
                    SafetensorsType.F32,
                    [entry.Row.Length, model.Config.VocabularySize],
                    stream =>
                        scores[i] = Score(
                            scorer,
                            entry.Id,
                            entry.Row,
                            block => stream.Write(MemoryMarshal.AsBytes(block.Span))
                        )
                )
        );
        SafetensorsWriter.Write(path, pieces, SafetensorsWriter.PyTorchMetadata, force);
        return scores;
    }

    private static void Write(Stream output, string id, Score score, ScoreTotals totals)
    {
        using (Utf8JsonWriter json = new(output, JsonText.Writer))
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteStartArray("logprobs");
            foreach (float value in score.LogProbs)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
            json.WriteNumber("loss", score.Loss);
            if (score.WeightedLoss is { } weighted)
            {
                json.WriteNumber("weighted_loss", weighted);
            }

            json.WriteNumber("supervised_tokens", score.SupervisedTokens);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        totals.Add(score);
    }

    private sealed class ScoreTotals
    {
        private long _tokens;
        private long _supervised;
        private double _loss;

        public long Rows { get; private set; }

        public string Text
        {
            get
            {
                double mean = _supervised == 0 ? 0 : _loss / _supervised;
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Counted.Of(Rows, "row")}, {Counted.Of(_tokens, "token")}, {_supervised:N0} supervised, loss {mean:F6}"
                );
            }
        }

        public void Add(Score score)
        {
            Rows++;
            _tokens += score.LogProbs.Length;
            _supervised += score.SupervisedTokens;
            _loss += score.Loss * score.SupervisedTokens;
        }
    }
}

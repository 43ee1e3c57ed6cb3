using MultiTurnTrainer.Datasets.Profiling;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Views;

namespace MultiTurnTrainer.Datasets.Runs;

/// <summary>What <c>mtt mask</c> does: rows to a file with its manifest, and a page to share.</summary>
/// <param name="inputs">Conversation files.</param>
/// <param name="model">The model's folder.</param>
public sealed class MaskRun(IReadOnlyList<string> inputs, string model)
{
    /// <summary>Where the rows go; null makes none.</summary>
    public string? Output { get; init; }

    /// <summary>Where the page goes; null makes none.</summary>
    public string? Html { get; init; }

    /// <summary>How many rows the page shows.</summary>
    public int HtmlRows { get; init; } = 20;

    /// <summary>How many rows the caller will show.</summary>
    public int Show { get; init; }

    /// <summary>Whether outputs that exist may be replaced.</summary>
    public bool Force { get; init; }

    /// <summary>The part of all rows that is masked.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Receives the time of each stage.</summary>
    public RunProfile? Profile { get; init; }

    /// <summary>Masks everything.</summary>
    /// <param name="loadModel">Loads the model, after the arguments were checked.</param>
    /// <param name="options">How rows are made.</param>
    /// <exception cref="MttException">Nothing to do, an input is unusable, a conversation is refused, or the disk is full.</exception>
    public RowRun Execute(Func<RowModel> loadModel, RowOptions options)
    {
        if (Output is null && Html is null && Show == 0)
        {
            throw new MttException("nothing to do", "Give --output FILE, --html FILE or --show N.");
        }

        using TokenRowWriter? writer = Output is null ? null : TokenRowWriter.Create(Output, Force);
        using OutputFile? html = Html is null ? null : OutputFile.Create(Html, Force);
        RowModel loaded = loadModel();
        RowRun run = new(loaded, options)
        {
            ViewsWanted = Math.Max(Show, Html is null ? 0 : HtmlRows),
            Profile = Profile,
            Shard = Shard,
        };
        StageClock? clock = Profile?.NewClock();
        foreach (TokenRow row in run.Read(inputs))
        {
            clock?.Enter(Stage.Write);
            writer?.Write(row);
            clock?.Enter(Stage.Other);
            if (writer is null && run.Views.Count >= run.ViewsWanted)
            {
                break;
            }
        }

        clock?.Enter(Stage.Write);
        writer?.Commit();
        clock?.Enter(Stage.Other);
        if (html is not null)
        {
            RowView[] views = [.. run.Views.Take(HtmlRows)];
            string page = HtmlView.Page(
                string.Join(", ", inputs.Select(path => Path.GetFileName(path))),
                views,
                MaskSummaryLine.Of(views),
                [.. run.Findings.Select(finding => finding.ToString()), .. run.Counts.EffectLines]
            );
            html.Stream.Write(Encoding.UTF8.GetBytes(page));
            html.Commit();
        }

        if (Output is not null)
        {
            WriteManifest(run, loaded, options);
        }

        return run;
    }

    private void WriteManifest(RowRun run, RowModel loaded, RowOptions options)
    {
        Manifest manifest = new("mask");
        foreach (string input in inputs.Where(File.Exists))
        {
            manifest.AddInput("conversations", input);
        }

        manifest.AddInput("tokenizer", Tokenizers.Tokenizer.FileOf(model)!);
        if (options.Template is { } template)
        {
            manifest.AddInput("template", template);
        }

        manifest.Options["template_sha256"] = ContentHash.Of(
            Encoding.UTF8.GetBytes(loaded.Template.Chat.Template.Source)
        );
        manifest.Options["stop_tokens"] = loaded.Template.Stops;
        if (options.ChatTemplateKwargs.Count > 0)
        {
            manifest.Options["chat_template_kwargs"] = options.ChatTemplateKwargs;
        }

        if (options.Policy is { } policy)
        {
            manifest.Options["context_policy"] = PolicyFingerprint.Of(policy);
        }

        manifest.Options["prompt_answers"] = options.PromptAnswers;
        manifest.Options["roles"] = Names(options.Roles);
        manifest.Options["last"] = options.LastOnly;
        manifest.Options["fields"] = Names(options.Fields);
        manifest.Options["expand_turns"] = options.ExpandTurns;
        manifest.Options["drop_unrendered_answers"] = options.DropUnrenderedAnswers;
        manifest.Options["prompt_boundary"] = options.SplitAtBoundary ? "split" : "merged";
        manifest.Options["max_length"] = options.MaxLength;
        manifest.Options["truncate"] = options.Truncation.ToString().ToLowerInvariant();
        manifest.Options["skip_refused"] = options.SkipRefused;
        if (Shard.Count > 1)
        {
            manifest.Options["shard"] = Shard.Text;
        }

        // Rows that print no date are the same on every day, and so is their manifest.
        manifest.Options["now"] = !loaded.Template.PrintsDate
            ? null
            : options.Now?.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        run.Counts.AddTo(manifest.Counts);
        manifest.AddOutput(Output!);
        manifest.WriteBeside(Output!);
    }

    private static IEnumerable<string> Names<T>(IEnumerable<T> values)
        where T : struct, Enum => values.Order().Select(value => value.ToString().ToLowerInvariant());
}

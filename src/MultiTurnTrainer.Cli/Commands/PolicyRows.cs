using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt prepare --policy</c> adds to a preparation: its rows go through the policy, and the sums are written.</summary>
internal sealed class PolicyRows(PolicyModel model, PolicyArtefacts artefacts, int threads) : IDisposable
{
    private const int MostShown = 5;

    private readonly List<MttException> _refused = [];
    private readonly ExpandedCounts _counts = new();

    /// <summary>The policy with what it is for, as the manifest has it.</summary>
    public string Fingerprint { get; } = PolicyFingerprint.Of(model.Policy);

    /// <summary>Loads policy and model.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="policy">The policy; null takes the settings'.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="rows">How rows are rendered.</param>
    /// <param name="open">Opens what models made for the policy.</param>
    /// <exception cref="MttException">One of them cannot be used, or no policy is named.</exception>
    public static PolicyRows Load(
        string folder,
        string? policy,
        SettingsFile settings,
        RowOptions rows,
        Func<ContextPolicy, PolicyArtefacts> open
    )
    {
        ContextPolicy read =
            settings.Policy(policy)
            ?? throw new MttException(
                "--model is for a context policy, and none is named",
                "Give --policy NAME|FILE, or a section context: in mtt.yaml."
            );
        RowModel model = RowModel.Load(folder, rows);
        PolicyArtefacts artefacts = open(read);
        return new PolicyRows(
            new PolicyModel(read, model) { Artefacts = artefacts.Found },
            artefacts,
            Math.Min(Environment.ProcessorCount, 64)
        );
    }

    /// <summary>An output whose rows go through the policy.</summary>
    public IRowOutput Wrap(IRowOutput output) =>
        new PolicyRowOutput(output, model, threads, _refused, _counts, artefacts.Maker);

    /// <summary>What models made so far, in words.</summary>
    public string Artefacts => artefacts.Said();

    /// <inheritdoc/>
    public void Dispose() => artefacts.Dispose();

    /// <summary>Writes the sums and says them.</summary>
    public string Finish(string path)
    {
        JsonFields json = new()
        {
            ["fingerprint"] = Fingerprint,
            ["policy"] = JsonView.Parse(PolicyFingerprint.Canonical(model.Policy)),
            ["window"] = model.Window,
            ["budget"] = model.Budget,
            ["template_sha256"] = ContentHash.Of(Encoding.UTF8.GetBytes(model.Model!.Template.Chat.Template.Source)),
            ["conversations"] = _counts.Conversations,
            ["rows"] = _counts.Rows,
            ["answers"] = _counts.Answers,
            ["tokens"] = _counts.Tokens,
            ["source_tokens"] = _counts.SourceTokens,
            ["multiplication"] = Math.Round(_counts.Multiplication, 4),
            ["assembled_characters"] = _counts.AssembledCharacters,
            ["report"] = _counts.Report.ToJson(),
            ["refused"] = _refused.ConvertAll(problem => new JsonFields
            {
                ["problem"] = problem.Message,
                ["remedy"] = problem.Remedy,
            }),
        };
        OutputFile.WriteAllBytes(path, JsonText.PageBytes(json), true);
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture,
            $"policy {Fingerprint[..12]}: {Counted.Of(_counts.Conversations, "conversation")} → {Counted.Of(_counts.Rows, "row")} (×{_counts.Multiplication:0.00} tokens), {Counted.Of(_counts.Answers, "answer")}, each once; sums in {path}\n"
        );
        foreach (RivalLoss loss in _counts.Report.Rivals.Losses)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {loss.Rule, -18} {loss.Lost, 7:N0} answers lost, {loss.Foreign, 7:N0} in another context than served\n"
            );
        }

        AppendArtefacts(text);
        foreach (MttException problem in _refused.Take(MostShown))
        {
            text.Append(CultureInfo.InvariantCulture, $"  refused: {problem.Message}\n");
        }

        if (_refused.Count > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {Counted.Of(_refused.Count, "conversation")} refused, all listed there\n"
            );
        }

        return text.ToString();
    }

    private void AppendArtefacts(StringBuilder text)
    {
        text.Append(artefacts.Finish());
        foreach (FailedArtefact failed in _counts.Report.FailedArtefacts.Take(MostShown))
        {
            text.Append(
                Printable.Of($"  unchanged: {failed.Row}, turn {failed.Turn + 1}: {failed.Place}: {failed.Reason}\n")
            );
        }

        if (_counts.Report.FailedArtefacts.Count > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {Counted.Of(_counts.Report.FailedArtefacts.Count, "artefact")} could not be used and changed nothing, all listed there\n"
            );
        }
    }
}

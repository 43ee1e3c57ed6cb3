using MultiTurnTrainer.Audit.Comparing;
using MultiTurnTrainer.Audit.Correcting;
using MultiTurnTrainer.Audit.Reports;
using MultiTurnTrainer.Audit.Rows;
using MultiTurnTrainer.Audit.Settings;
using MultiTurnTrainer.Audit.Trainers;

namespace MultiTurnTrainer.Audit;

/// <summary>What <c>mtt audit</c> does with rows or settings: compare, and write what is asked for.</summary>
public sealed class AuditJob
{
    /// <summary>Files or folders of a trainer's rows; empty where settings are audited.</summary>
    public IReadOnlyList<string> Rows { get; init; } = [];

    /// <summary>The trainer's settings; null where rows are audited.</summary>
    public string? Config { get; init; }

    /// <summary>Whose the settings are, or whose layout corrected rows get; null tells by the settings.</summary>
    public TrainerKind? Trainer { get; init; }

    /// <summary>The conversations; empty takes those that the settings name.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>The model's folder; null takes the one that the settings name.</summary>
    public string? Model { get; init; }

    /// <summary>Kinds and causes that do not count as found.</summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>Where corrected rows go; null writes none.</summary>
    public string? Write { get; init; }

    /// <summary>Where the rows go that a trainer's rule makes; null writes none.</summary>
    public string? TrainerRows { get; init; }

    /// <summary>Where the page goes; null writes none.</summary>
    public string? Html { get; init; }

    /// <summary>Whether outputs that exist are replaced.</summary>
    public bool Force { get; init; }

    /// <summary>What to write into the trainer's settings so that it takes the corrected rows; null where none were written.</summary>
    public string? CorrectedSettings { get; private set; }

    /// <summary>Corrected rows that were written.</summary>
    public long CorrectedCount { get; private set; }

    /// <summary>Compares everything.</summary>
    /// <param name="options">How mtt's own rows are made.</param>
    /// <exception cref="MttException">Something is missing, unreadable, or a rule that is not written down.</exception>
    public AuditReport Execute(RowOptions options)
    {
        LoadedTrainer? loaded = Config is null ? null : TrainerLoader.Load(Config, Trainer);
        RefuseUnknownCauses();
        IReadOnlyList<string> data = Data.Count > 0 ? Data : loaded?.Data ?? [];
        string folder = Model ?? FolderOf(loaded);
        if (data.Count == 0)
        {
            throw new MttException("no conversations are named", "Name them with --data FILE.");
        }

        RowLayout layout = RowLayout.Of(loaded?.Kind ?? Trainer);
        using CorrectedRows? corrected = Write is null ? null : CorrectedRows.Create(Write, layout, Force);
        using OutputFile? page = Html is null ? null : OutputFile.Create(Html, Force);
        using OutputFile? reproduced = TrainerRows is null ? null : OutputFile.Create(TrainerRows, Force);
        RowModel model = RowModel.Load(folder, options);
        AuditRun run = new(model, options)
        {
            OwnRows = corrected is null ? null : corrected.Write,
            TrainerRows = reproduced is null ? null : row => JsonText.WriteLine(reproduced.Stream, Fields(row)),
        };
        ITrainer? trainer = loaded?.Create(model, folder);
        AuditCounts counts = trainer is null ? run.CompareRows(Rows, data) : run.CompareTrainer(trainer, data);
        foreach (string key in loaded?.Unknown ?? [])
        {
            counts.Add(
                new AuditCause(
                    AuditKind.Setting,
                    "unknown",
                    "a setting that is not known: it may change what is trained"
                ),
                0,
                0,
                () => new AuditExample("", 0, key, -1, "", null)
            );
        }

        string subject = trainer is null ? string.Join(", ", Rows) : $"{trainer.Name}: {Config}";
        AuditReport report = new(subject, counts, Allowed);
        corrected?.Commit();
        reproduced?.Commit();
        CorrectedCount = corrected?.Rows ?? 0;
        CorrectedSettings = Write is null ? null : layout.Settings.Replace("OUT", Write, StringComparison.Ordinal);
        page?.Stream.Write(Encoding.UTF8.GetBytes(AuditPage.Of(report)));
        page?.Commit();
        return report;
    }

    private static string FolderOf(LoadedTrainer? loaded) =>
        loaded?.Model switch
        {
            null => throw new MttException("no model is named", "Name its folder with --model DIR."),
            { } folder when Directory.Exists(folder) => folder,
            { } name => throw new MttException(
                $"{name}: the settings' model is no folder here",
                "Name the model's folder with --model DIR; mtt downloads nothing here."
            ),
        };

    private void RefuseUnknownCauses()
    {
        HashSet<string> kinds = [.. Enum.GetValues<AuditKind>().Select(AuditCause.KindName)];
        string? wrong = Allowed.FirstOrDefault(allowed =>
            !kinds.Contains(allowed.Split('/')[0])
            || (allowed.Contains('/', StringComparison.Ordinal) && IsListed(allowed) == false)
        );
        if (wrong is not null)
        {
            throw new MttException(
                $"--allow {wrong}: is neither a kind nor a cause",
                $"Kinds are {string.Join(", ", kinds)}; a cause is a kind with its code, such as lost/cut."
            );
        }
    }

    // Refusals have codes of their own, so undecided/… is open.
    private static bool? IsListed(string name) =>
        name.StartsWith("undecided/", StringComparison.Ordinal)
            ? null
            : AuditCause.All.Any(cause => cause.Name == name);

    private static JsonFields Fields(AuditedRow row) =>
        new JsonFields()
            .AddPresent("id", row.Id)
            .AddPresent("input_ids", row.InputIds)
            .AddPresent("labels", row.Labels)
            .AddPresent("loss_scale", row.Weights);
}

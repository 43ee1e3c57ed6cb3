using System.Globalization;
using System.Text;
using MultiTurnTrainer.Datasets.Profiling;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Where the processor time of a run went, as text.</summary>
internal static class ProfileText
{
    public static string Of(RunProfile profile)
    {
        double total = profile.TotalSeconds;
        StringBuilder text = new("processor time, all threads\n");
        foreach ((string stage, double seconds) in profile.Stages)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {stage, -8} {seconds, 8:0.00} s {seconds / total, 7:P1}{Note(stage)}\n"
            );
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"  {"total", -8} {total, 8:0.00} s, {profile.CompilingSeconds:0.00} s of it compiling; {profile.AllocatedBytes / 1e6:N0} MB allocated\n"
        );
        return text.ToString();
    }

    private static string Note(string stage) =>
        stage switch
        {
            "other" => "  (start-up, loading the model, counting, the manifest)",
            "align" => "  (with labels and their checks)",
            _ => "",
        };
}

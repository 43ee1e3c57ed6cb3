namespace MultiTurnTrainer.Testing;

/// <summary>The tiny preset's model folder.</summary>
public static class PresetModel
{
    /// <summary>The folder in the repository.</summary>
    public static string Folder { get; } =
        System.IO.Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");

    /// <summary>Writes <c>model</c>: a copy, with another chat template where one is given.</summary>
    public static void Write(TempFolder folder, string? template = null)
    {
        Directory.CreateDirectory(folder["model"]);
        foreach (string file in Directory.EnumerateFiles(Folder))
        {
            File.Copy(file, System.IO.Path.Combine(folder["model"], System.IO.Path.GetFileName(file)));
        }

        if (template is not null)
        {
            folder.Write("model/chat_template.jinja", template);
        }
    }
}

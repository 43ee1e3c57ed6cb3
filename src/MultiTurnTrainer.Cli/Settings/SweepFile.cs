namespace MultiTurnTrainer.Cli.Settings;

/// <summary>Reads the file of <c>mtt train --sweep</c>.</summary>
internal static class SweepFile
{
    /// <summary>The sweep that it describes.</summary>
    /// <exception cref="MttException">There is no such file, or it cannot be meant; the message names line and column.</exception>
    public static SweepPlan Read(string path)
    {
        InputFile.RequireExists(path);
        YamlMappingNode root = YamlText.ReadMapping(path);
        SettingsBinder binder = new(path, new Dictionary<YamlNode, string>(), SettingsSections.Advice);
        return SweepPlan.Of((SweepSettings)binder.Bind(root, typeof(SweepSettings), "sweep"));
    }
}

#!/usr/bin/env bash
# Builds the sample agent from the packages in artifacts/packages, as a project of its own, and runs it.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
cp samples/agent/Program.cs "$work/"
cat >"$work/agent.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <RestoreAdditionalProjectSources>$repository/artifacts/packages</RestoreAdditionalProjectSources>
    <RestorePackagesPath>$work/packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="MultiTurnTrainer.Agents" Version="$version" />
  </ItemGroup>
</Project>
PROJECT
dotnet run --project "$work" -- "$work/agent.db"
